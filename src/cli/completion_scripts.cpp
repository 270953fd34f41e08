// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/completion.hpp"

/// The shells' halves: they ask `usbroute completion words` what can be typed at the cursor, and show it. So they need
/// not change when a command does, and a script that was installed once fits every version.
namespace usbroute::cli {

namespace {

// bash cuts words at '=' too. They are put together again, and the part before the cut is removed from the answer.
constexpr std::string_view bash_script =
    R"(# bash completion for usbroute, printed by `usbroute completion bash`.

_usbroute() {
    local word line tab=$'\t' whole before
    local -a typed=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if ((${#typed[@]})) && [[ ${typed[-1]} == --* && ($word == "=" || ${typed[-1]} == *=) ]]; then
            typed[-1]+=$word
        else
            typed+=("$word")
        fi
    done
    ((${#typed[@]})) || return
    whole=${typed[-1]} before=
    [[ $whole == --*=* ]] && before=${whole%%=*}=
    COMPREPLY=()
    compopt -o nosort 2>/dev/null
    while IFS= read -r line; do
        word=${line%%"$tab"*}
        case $word in
            :files | :directories)
                compopt -o filenames 2>/dev/null
                if [[ $word == :files ]]; then
                    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${whole#"$before"}")
                else
                    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${whole#"$before"}")
                fi
                ;;
            "$whole"*)
                # Without '=' among the characters that cut words, the whole word is replaced.
                [[ $COMP_WORDBREAKS == *=* ]] && word=${word#"$before"}
                COMPREPLY+=("$word")
                ;;
        esac
    done < <(command "${COMP_WORDS[0]/#\~\//$HOME/}" completion words -- "${typed[@]}" 2>/dev/null)
}

complete -F _usbroute usbroute
)";

constexpr std::string_view zsh_script = R"(#compdef usbroute
# zsh completion for usbroute, printed by `usbroute completion zsh`.

_usbroute() {
    local line word what
    local -a typed offered
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    for line in "${(@f)$(command ${(Q)~words[1]} completion words -- "${typed[@]}" 2>/dev/null)}"; do
        word=${line%%$'\t'*}
        what=${line#*$'\t'}
        case $word in
            '') ;;
            :files) compset -P '--*='; _files ;;
            :directories) compset -P '--*='; _files -/ ;;
            *) offered+=("${word//:/\\:}${what:+:$what}") ;;
        esac
    done
    (($#offered)) && _describe -V usbroute offered
}

# Loaded from a directory of $fpath it is called at once; from a file that is sourced it is only made known.
if [[ ${funcstack[1]} == _usbroute ]]; then
    _usbroute "$@"
else
    compdef _usbroute usbroute
fi
)";

constexpr std::string_view fish_script =
    R"(# fish completion for usbroute, printed by `usbroute completion fish`.

function __usbroute_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l before (string match -r -- '^--[^=]*=' $current)
    for line in (command $typed[1] completion words -- $typed[2..] "$current" 2>/dev/null)
        switch $line
            case ':files*'
                for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' $current))
                    echo -- "$before"$path
                end
            case ':directories*'
                for path in (__fish_complete_directories (string replace -r -- '^--[^=]*=' '' $current))
                    echo -- "$before"$path
                end
            case '*'
                echo -- $line
        end
    end
end

complete -c usbroute -f -k -a '(__usbroute_complete)'
)";

} // namespace

std::string_view completion_script(std::string_view shell)
{
    if (shell == "bash") return bash_script;
    if (shell == "zsh") return zsh_script;
    if (shell == "fish") return fish_script;
    return {};
}

} // namespace usbroute::cli
