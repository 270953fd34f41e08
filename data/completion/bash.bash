# bash completion for usbroute, printed by `usbroute completion bash`.

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
