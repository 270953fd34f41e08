# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# For tests and for what runs inside the simulated board: waiting for a state instead of for a time, and commands that shall
# fail. `log`, where it is set, is the daemon's, and is shown when what was waited for does not come.

until_so() { # COMMAND: until it succeeds, 30 s at most
    local deadline=$((SECONDS + 30))
    until eval "$1"; do
        if [ "$SECONDS" -gt "$deadline" ]; then
            echo "never: $1"
            if [ -e "${log:-}" ]; then tail -n 100 "$log"; fi
            return 1
        fi
        sleep 0.02
    done
}

wait_for() { # PATTERN FILE: until the pattern, a basic regular expression, is in the file
    if until_so "grep -qs -e ${1@Q} ${2@Q}"; then return 0; fi
    cat "$2"
    return 1
}

listens() { # PATH: somebody does. A socket's file is there before that, and whoever connects then is refused.
    grep -qs " 00010000 .* ${1//./\\.}\$" /proc/net/unix
}

not() { # COMMAND...: `! command` is no failure under set -e
    if "$@"; then
        echo "should have failed: $*"
        return 1
    fi
}

ends_with() { # CODE COMMAND...: what it says is in the files out and err
    local expected=$1 code=0
    shift
    "$@" > out 2> err || code=$?
    cat out err
    if [ "$code" -ne "$expected" ]; then
        echo "exit code $code and not $expected of: $*"
        return 1
    fi
}
