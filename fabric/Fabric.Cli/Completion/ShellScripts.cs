namespace Fabric.Cli.Completion;

/// <summary>What shells are told, so that they ask <c>fabric __complete</c>: it prints a word a line, a tab and a description after it.</summary>
internal static class ShellScripts
{
    public const string Bash = """
        # bash completion for fabric: source <(fabric completion bash)
        _fabric_complete() {
            local line=${COMP_LINE:0:COMP_POINT} words full current before candidate
            read -ra words <<< "$line"
            [[ $line == *[[:space:]] ]] && words+=("")
            full=${words[-1]}
            # bash cuts words at = and :, the program does not: what stands before the cut is taken off again.
            current=${COMP_WORDS[COMP_CWORD]}
            [[ $current == [=:] ]] && current=
            before=${full%"$current"}
            COMPREPLY=()
            while IFS=$'\t' read -r candidate _; do
                COMPREPLY+=("${candidate#"$before"}")
            done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
        }
        complete -o default -F _fabric_complete fabric

        """;

    public const string Zsh = """
        #compdef fabric
        # zsh completion for fabric: source <(fabric completion zsh)
        _fabric() {
            local line word
            local -a candidates
            while IFS= read -r line; do
                word=${line%%$'\t'*}
                word=${word//:/\\:}
                if [[ $line == *$'\t'* ]]; then
                    candidates+=("$word:${line#*$'\t'}")
                else
                    candidates+=("$word")
                fi
            done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
            if (( ${#candidates} )); then
                _describe fabric candidates
            else
                _files
            fi
        }
        if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
            _fabric "$@"
        else
            compdef _fabric fabric
        fi

        """;

    public const string Fish = """
        # fish completion for fabric: fabric completion fish | source
        function __fabric_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l found ($words[1] __complete -- $words[2..-1] $current 2>/dev/null)
            if test (count $found) -gt 0
                printf '%s\n' $found
            else
                __fish_complete_path $current
            end
        end
        complete -c fabric -f -a '(__fabric_complete)'

        """;
}
