#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What is installed and where, with DESTDIR, and that it can be taken away again. USBROUTE_BIN names the directory
# with the programs, beside it is the build that installs them.

setup() {
    build=$USBROUTE_BIN/..
    to=$BATS_TEST_TMPDIR/to
    DESTDIR=$to cmake --install "$build" --prefix /opt/usbroute > "$BATS_TEST_TMPDIR/log"
    cp "$build/install_manifest.txt" "$BATS_TEST_TMPDIR/list"
}

@test "everything goes below the prefix, and the programs are where GNU's directories say" {
    run find "$to" -type f -not -path "$to/opt/usbroute/*"
    echo "$output"
    [ -z "$output" ]
    for program in bin/usbroute bin/usbroute-guest sbin/usbrouted libexec/usbroute-map; do
        [ -x "$to/opt/usbroute/$program" ]
    done
}

@test "the installed command finds the programs into which it turns" {
    export ASAN_OPTIONS=detect_leaks=0
    run "$to/opt/usbroute/bin/usbroute" map --root "$USBROUTE_BIN/../machines/no-usb" < /dev/null
    echo "$output"
    [[ "$output" != *"cannot start"* ]]
    mv "$to/opt/usbroute/libexec/usbroute-map" "$to/moved-away"
    run "$to/opt/usbroute/bin/usbroute" map --root "$USBROUTE_BIN/../machines/no-usb" < /dev/null
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"usbroute-map"* ]]
}

@test "uninstall leaves no file and none of our folders, and nothing else is touched" {
    echo mine > "$to/opt/usbroute/bin/mine"
    mkdir -p "$to/etc/usbroute" && echo kept > "$to/etc/usbroute/usbroute.toml"
    DESTDIR=$to "$BATS_TEST_DIRNAME/../../tools/uninstall" "$BATS_TEST_TMPDIR/list"
    run find "$to" -type f
    echo "$output"
    [ "$(sort <<< "$output")" = "$(printf '%s\n' "$to/etc/usbroute/usbroute.toml" "$to/opt/usbroute/bin/mine")" ]
    run find "$to/opt" -type d -name 'usbroute' -empty
    [ -z "$output" ]
}

@test "uninstall without a list says what to do" {
    run "$BATS_TEST_DIRNAME/../../tools/uninstall" "$BATS_TEST_TMPDIR/none"
    [ "$status" -eq 1 ]
    [[ "$output" == *"nothing was installed from here"* ]]
}
