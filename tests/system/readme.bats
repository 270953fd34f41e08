#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What the README says is so: its configuration, its commands, its links. USBROUTE_BIN names the directory with the
# programs.

setup() {
    load board
    export project=$BATS_TEST_DIRNAME/../..
}

@test "its configuration is right on the simulated board, and toggles" {
    inside <<'SCRIPT'
awk '/^\[/ { keep = /^\[connector\./ } keep' "$USBROUTE_CONFIG" > connectors.toml
sed -n '/```toml/,/```$/ { /```/d; s/^   //; s|/run/usbroute|'"$PWD"'|; p }' "$project/README.md" > usbroute.toml
grep -q '^\[guest.windows\]' usbroute.toml
usbroute config check --config usbroute.toml
give_ehcis
usbroute plan toggle --config usbroute.toml --direct > plan
grep -q 'desk-in-windows' plan
SCRIPT
}

@test "its commands are commands" {
    commands=$(grep -oE '(`|^ *\$ |sudo )usbroute [a-z]+' "$project/README.md" | sed 's/.*usbroute //' | sort -u)
    [ "$(echo "$commands" | wc -l)" -gt 10 ]
    for command in $commands; do
        echo "$command"
        usbroute "$command" --help > /dev/null
    done
    targets=$(grep -oE '`make [a-z]+' "$project/README.md" | sed 's/.*make //' | sort -u)
    for target in $targets; do
        echo "$target"
        grep -q "^$target:" "$project/Makefile"
    done
}

@test "what the documents link to is there" {
    cd "$project"
    for page in *.md docs/*.md examples/*.md packaging/*.md; do
        for link in $(grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//' | sort -u); do
            [ -e "$(dirname "$page")/$link" ] || { echo "$page: $link"; false; }
        done
    done
}
