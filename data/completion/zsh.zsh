#compdef usbroute
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
