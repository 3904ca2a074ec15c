# bash completion for edge-agent(1): the program itself says what may come next.
_edge_agent()
{
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "$(edge-agent "[suggest:$((COMP_POINT - ${#COMP_WORDS[0]} - 1))]" "${COMP_LINE#* }" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _edge_agent edge-agent
