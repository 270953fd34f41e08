# fish completion for usbroute, printed by `usbroute completion fish`.

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
