#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What the README says is so: its configuration, its commands, its links. USBROUTE_BIN names the directory with the
# programs.

setup() {
    PATH=$USBROUTE_BIN:$PATH
    export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
    export project=$BATS_TEST_DIRNAME/../..
}

@test "its configuration is right on the simulated board, and toggles" {
    cat > "$BATS_TEST_TMPDIR/inside.sh" <<'SCRIPT'
set -eu
cd "$BATS_TEST_TMPDIR"
awk '/^\[/ { keep = /^\[connector\./ } keep' "$USBROUTE_CONFIG" > connectors.toml
sed -n '/```toml/,/```$/ { /```/d; s/^   //; s|/run/usbroute|'"$PWD"'|; p }' "$project/README.md" > usbroute.toml
grep -q '^\[guest.windows\]' usbroute.toml
usbroute config check --config usbroute.toml
usbroute-sim 'do' driver 0000:00:1d.0 vfio-pci > log
usbroute-sim 'do' driver 0000:00:1a.0 vfio-pci > log
usbroute-sim 'do' settle > log
usbroute plan toggle --config usbroute.toml --direct > plan
grep -q 'desk-in-windows' plan
SCRIPT
    run usbroute-sim -q -- bash "$BATS_TEST_TMPDIR/inside.sh"
    echo "$output"
    [ "$status" -eq 0 ]
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
