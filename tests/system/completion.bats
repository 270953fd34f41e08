#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Completion in the real shells: somebody types in a terminal (tmux), presses Tab, and looks. USBROUTE_BIN names the
# directory with the programs.

bats_require_minimum_version 1.5.0

setup() {
    PATH=$USBROUTE_BIN:$PATH
    . "$BATS_TEST_DIRNAME/waiting.sh"
    export USBROUTE_CONFIG=$BATS_TEST_TMPDIR/usbroute.toml
    export USBROUTE_SOCKET=$BATS_TEST_TMPDIR/nobody.sock HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
    export XDG_CONFIG_HOME=$HOME/.config XDG_DATA_HOME=$HOME/.local/share XDG_CACHE_HOME=$HOME/.cache
    cat > "$USBROUTE_CONFIG" <<'TOML'
[connector.front-left]
mux_bit = 0
panel = "front"
[connector.rear-1]
mux_bit = 2
[guest.windows]
controllers = ["0000:00:1d.0"]
[profile.all-host]
[profile.desk-in-windows]
windows = ["front-left"]
TOML
    mkdir -p "$BATS_TEST_TMPDIR/recordings"
    cd "$BATS_TEST_TMPDIR"
}

teardown() { tmux kill-server 2> /dev/null || :; }

tmux() { command tmux -L "completion-$$-$BATS_TEST_NUMBER" -f /dev/null "$@"; }
screen() { tmux capture-pane -p; }

needs() { command -v "$1" > /dev/null || skip "$1 is not installed"; }

# Waits until the screen has this text.
sees() {
    until_so "screen | grep -q -F -e ${1@Q}" || { screen; return 1; }
}

# A shell of its own for each line: what is left of the one before cannot mix with it.
opens() { shell=("$@"); }
types() {
    if tmux has-session 2> /dev/null; then
        tmux respawn-pane -k "${shell[@]}"
    else
        tmux new-session -d -x 100 -y 40 "${shell[@]}"
    fi
    sees 'ready>'
    tmux send-keys -l "$1"
    tmux send-keys Tab
}

# Types a line, Tab and a full stop behind what came; then the line must be the second text.
completes() {
    types "$1"
    tmux send-keys -l .
    sees "$2."
}

# Types a line and Tab; the text must stand somewhere then.
lists() {
    types "$1"
    sees "$2"
}

the_same_in_every_shell() {
    completes 'usbroute mo' 'usbroute move '
    completes 'usbroute move front-' 'usbroute move front-left '
    completes 'usbroute move front-left r' 'usbroute move front-left rear-1 '
    completes 'usbroute move rear-1 --to w' 'usbroute move rear-1 --to windows '
    completes 'usbroute move rear-1 --to=w' 'usbroute move rear-1 --to=windows '
    completes 'usbroute move rear-1 --dry' 'usbroute move rear-1 --dry-run '
    completes 'usbroute apply de' 'usbroute apply desk-in-windows '
    completes 'usbroute plan toggle al' 'usbroute plan toggle all-host '
    completes 'usbroute guest rel' 'usbroute guest release '
    completes 'usbroute guest release w' 'usbroute guest release windows '
    completes 'usbroute record rec' 'usbroute record recordings/'
    completes 'usbroute --root=rec' 'usbroute --root=recordings/'
}

@test "bash completes commands, names, values and directories" {
    needs tmux
    usbroute completion bash > usbroute.bash
    printf '%s\n' 'PS1="ready> "' 'bind "set bell-style none"' 'bind "set enable-bracketed-paste off"' '. ./usbroute.bash' > rc
    opens bash --noprofile --rcfile rc -i
    the_same_in_every_shell
}

@test "bash completes the same where words are not cut at =" {
    needs tmux
    usbroute completion bash > usbroute.bash
    printf '%s\n' 'PS1="ready> "' 'COMP_WORDBREAKS=${COMP_WORDBREAKS//=}' '. ./usbroute.bash' > rc
    opens bash --noprofile --rcfile rc -i
    completes 'usbroute move rear-1 --to=w' 'usbroute move rear-1 --to=windows '
    completes 'usbroute move rear-1 --to w' 'usbroute move rear-1 --to windows '
}

@test "bash finds the completion by itself where bash-completion is installed" {
    needs tmux
    loader=/usr/share/bash-completion/bash_completion
    [ -e "$loader" ] || skip 'bash-completion is not installed'
    mkdir -p "$XDG_DATA_HOME/bash-completion/completions"
    usbroute completion bash > "$XDG_DATA_HOME/bash-completion/completions/usbroute"
    printf '%s\n' 'PS1="ready> "' ". $loader" > rc
    opens bash --noprofile --rcfile rc -i
    completes 'usbroute apply de' 'usbroute apply desk-in-windows '
    completes 'usbroute move rear-1 --to=w' 'usbroute move rear-1 --to=windows '
    completes 'sudo usbroute mo' 'sudo usbroute move '
}

@test "zsh completes the same, with what each option does" {
    needs tmux
    needs zsh
    mkdir functions
    usbroute completion zsh > functions/_usbroute
    printf '%s\n' 'PROMPT="ready> "' 'fpath=($PWD/functions $fpath)' 'autoload -Uz compinit' 'compinit -D -u' 'unsetopt beep' > .zshrc
    export ZDOTDIR=$PWD
    opens zsh -d -i
    the_same_in_every_shell
    completes 'usbroute watch --ex' 'usbroute watch --exec '
    lists 'usbroute move --d' 'only show what would be done'
    lists 'usbroute move --d' 'act alone, without the daemon (as root)'
}

@test "zsh takes the script also when it is sourced" {
    needs tmux
    needs zsh
    usbroute completion zsh > usbroute.zsh
    printf '%s\n' 'PROMPT="ready> "' 'autoload -Uz compinit' 'compinit -D -u' '. ./usbroute.zsh' > .zshrc
    export ZDOTDIR=$PWD
    opens zsh -d -i
    completes 'usbroute apply de' 'usbroute apply desk-in-windows '
}

@test "fish completes the same, with what each option does" {
    needs tmux
    needs fish
    mkdir -p .config/fish/completions
    usbroute completion fish > .config/fish/completions/usbroute.fish
    printf '%s\n' 'function fish_prompt; echo -n "ready> "; end' 'set -g fish_greeting' 'set -g fish_autosuggestion_enabled 0' > .config/fish/config.fish
    opens fish -i
    the_same_in_every_shell
    lists 'usbroute move --d' 'only show what would be done'
    # Without a terminal, as other programs ask fish.
    run fish -c "complete -C 'usbroute move rear-1 --to='"
    [ "$output" = "$(printf -- '--to=host\tthis machine\n--to=windows\t0000:00:1d.0\n--to=ehci\tthat side\n--to=xhci\tthat side')" ] ||
        { echo "$output"; false; }
}

@test "a configuration that is wrong, a daemon that is not there and a program that is gone are silent" {
    echo 'connector' > "$USBROUTE_CONFIG"
    for line in 'move ' 'apply ' 'guest bind ' 'move front --to='; do
        # shellcheck disable=SC2086 # words of a command line
        run --separate-stderr usbroute completion words -- $line ''
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
    done
    run --separate-stderr usbroute completion words -- move front --to ''
    [ "$output" = "$(printf 'host\tthis machine\nehci\tthat side\nxhci\tthat side')" ]
    run bash -c '. <(usbroute completion bash); PATH=; COMP_WORDS=(usbroute mo) COMP_CWORD=1; _usbroute usbroute mo usbroute; echo "${#COMPREPLY[@]}"'
    [ "$output" = 0 ]
}

@test "where the configuration names no connector, the daemon is asked" {
    cp -r "$USBROUTE_BIN/../machines/z97-guest" board
    sed -i '/^\[listen/,$d' board/etc/usbroute/usbroute.toml
    USBROUTE_CONFIG=board/etc/usbroute/usbroute.toml usbrouted --root board --socket "$USBROUTE_SOCKET" 2> log & daemon=$!
    until_so 'listens "$USBROUTE_SOCKET"'
    : > "$USBROUTE_CONFIG"
    run --separate-stderr usbroute completion words -- move ''
    kill "$daemon"
    [ "$status" -eq 0 ]
    [[ "$output" == *"front-1"$'\t'"windows"* ]] || { echo "$output"; cat log; false; }
}

@test "another word than a shell's is a usage error" {
    run --separate-stderr usbroute completion csh
    [ "$status" -eq 2 ]
    [ "$stderr" = 'usbroute: there is no completion for csh; usage: usbroute completion bash|zsh|fish' ]
    run --separate-stderr usbroute completion
    [ "$status" -eq 2 ]
}
