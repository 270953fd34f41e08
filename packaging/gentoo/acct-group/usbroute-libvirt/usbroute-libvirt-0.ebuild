# Copyright 2026 usbroute authors
# Distributed under the terms of the MIT License
# shellcheck shell=bash disable=SC2034

EAPI=8

inherit acct-group

DESCRIPTION="The group of the user that usbroute-libvirt runs as"
# Any free number: this is no repository of Gentoo's.
ACCT_GROUP_ID=-1
