// `vbus completion`: a script for a shell, which asks `vbus __complete` at every tab.

import type { SHELLS } from "../program/begin.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";

/** A line of an answer is a word, or a word, a tab, and what it is. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# vbus for bash: source <(vbus completion bash)
_vbus() {
  local word about words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  # What is typed has a shell's quoting; what is asked has none.
  words=("\${words[@]//\\\\/}")
  while IFS=$'\\t' read -r word about; do
    [[ $word == */ ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$(printf %q "$word")")
  done < <("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null)
}
complete -F _vbus vbus
`,
  zsh: `#compdef vbus
# vbus for zsh: source <(vbus completion zsh), after compinit
_vbus() {
  local line
  local -a names folders
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    line=\${line%%$'\\t'*}
    if [[ $line == */ ]]; then folders+=("$line"); else names+=("$line"); fi
  done
  (( $#names )) && compadd -a names
  (( $#folders )) && compadd -S '' -a folders
  return 0
}
compdef _vbus vbus
`,
  fish: `# vbus for fish: vbus completion fish > ~/.config/fish/completions/vbus.fish
function __vbus_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  $words[1] __complete $words[2..-1] "$typed" 2>/dev/null
end
complete -c vbus -f -a '(__vbus_complete)'
`,
};

export function completion({ terminal }: Context, shell: (typeof SHELLS)[number]): Exit {
  terminal.out(SCRIPTS[shell]);
  return EXIT.done;
}
