# Copyright 2026 usbroute authors
# Distributed under the terms of the MIT License
# shellcheck shell=bash disable=SC2034

EAPI=8

inherit acct-user

DESCRIPTION="The user that usbroute-libvirt runs as"
# Any free number: this is no repository of Gentoo's.
ACCT_USER_ID=-1
ACCT_USER_GROUPS=( usbroute-libvirt libvirt )

acct-user_add_deps
