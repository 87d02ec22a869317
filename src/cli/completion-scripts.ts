// The scripts that bring moss's words to a shell. They know nothing themselves: at each Tab they ask the program, as
//   moss completion SHELL --words -- WORDS...
// which answers a line that says what the shell adds of its own (files, folders or none), then a line for each word:
// for bash the word as it is to be typed, for the others the word, a tab and what it is.
// Nothing that comes from there is ever evaluated.

const bash = `_moss() {
  local reply IFS=$'\\n'
  mapfile -t reply < <(command moss completion bash --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
  COMPREPLY=("\${reply[@]:1}")
  case \${reply[0]} in
    files) compopt -o filenames -o default
      [ \${#COMPREPLY[@]} -eq 0 ] ||
        mapfile -t -O \${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}") ;;
    folders) compopt -o filenames
      mapfile -t -O \${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}") ;;
  esac
}
complete -F _moss moss`

const zsh = `#compdef moss
_moss() {
  local -a reply values shown
  local line
  reply=("\${(@f)$(command moss completion zsh --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
  local -i width=0
  for line in "\${(@)reply[2,-1]%%$'\\t'*}"; do (( $#line > width )) && width=$#line; done
  for line in "\${(@)reply[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    if [[ "$line" == *$'\\t' ]]; then shown+=("\${line%$'\\t'}")
    else line="\${(r:width:)line%%$'\\t'*}  -- \${line#*$'\\t'}"; shown+=("\${line[1,COLUMNS-1]}"); fi
  done
  (( $#values )) && compadd -l -d shown -a -- values
  case $reply[1] in
    files) [[ $PREFIX == --*=* ]] && compset -P '*='; _files ;;
    folders) [[ $PREFIX == --*=* ]] && compset -P '*='; _files -/ ;;
    *) (( $#values )) ;;
  esac
}
if [[ "$funcstack[1]" == _moss ]]; then _moss "$@"
else (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }; compdef _moss moss; fi`

const fish = `function __moss_words
    set -l typed (commandline -ct)
    set -l reply (command moss completion fish --words -- (commandline -opc)[2..-1] "$typed" 2>/dev/null </dev/null)
    string join -- \\n $reply[2..-1]
    set -l begun (string match -r -- '^--[^=]*=' "$typed")
    set -l rest (string replace -r -- '^--[^=]*=' '' "$typed")
    switch "$reply[1]"
        case files
            __fish_complete_path "$rest" | string replace -r -- '^' "$begun"
        case folders
            __fish_complete_directories "$rest" | string replace -r -- '^' "$begun"
    end
end
complete -c moss -f -a '(__moss_words)'`

export const completionScripts = { bash, zsh, fish } as const
export type Shell = keyof typeof completionScripts

export const shells = Object.keys(completionScripts) as readonly Shell[]

export const isShell = (name: string): name is Shell => Object.hasOwn(completionScripts, name)
