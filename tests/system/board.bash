# shellcheck shell=bash disable=SC2154 # bats gives status and output
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# For tests on the simulated board, `load board` in setup: each works in a folder of its own. USBROUTE_BIN names the directory
# with the programs.

USBROUTE_BIN=$(cd "${USBROUTE_BIN:?names the directory with the programs}" && pwd)
PATH=$USBROUTE_BIN:$PATH
# The preloaded umockdev library comes before the sanitizer's runtime, which would refuse to start.
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
export USBROUTE_BIN BATS_TEST_DIRNAME BATS_TEST_TMPDIR
cd "$BATS_TEST_TMPDIR" || exit 1
# shellcheck source=tests/system/waiting.sh
. "$BATS_TEST_DIRNAME/waiting.sh"

# Standard input is what each `inside` from here on begins with, after inside.sh.
preamble() { cat > "$BATS_TEST_TMPDIR/preamble"; }
preamble < /dev/null

# Runs standard input as a script inside the board. Arguments are options of usbroute-sim. What takes longer than $limit
# seconds hangs.
inside() {
    command -v usbroute-sim > /dev/null || skip "usbroute-sim is not built"
    local script=$BATS_TEST_TMPDIR/script
    {
        echo ". '$BATS_TEST_DIRNAME/inside.sh'"
        cat "$BATS_TEST_TMPDIR/preamble" -
    } > "$script"
    run timeout "${limit:-100}" usbroute-sim -q "$@" -- bash ${USBROUTE_TRACE:+-x} "$script"
    echo "$output"
    [ "$status" -eq 0 ]
}
