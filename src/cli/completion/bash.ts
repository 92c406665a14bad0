import type { Command } from '../command.ts'
import { spellings, type Values, valuesOfFlag, valuesOfOperand } from './values.ts'

/** For bash 3.2 and later, with or without the package bash-completion. */
export function bashCompletion(commands: readonly Command[]): string {
  const names = [...commands.map(({ name }) => name), 'help'].join(' ')
  return `# Completes dabba in bash: source <(dabba completion bash)
_dabba() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=''
  COMPREPLY=()
  # Bash splits --flag=value into three words.
  if [ "$word" = '=' ]; then word=''
  elif [ "$before" = '=' ]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$before" = help ]; }; then
    COMPREPLY=($(compgen -W '${names}' -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${commands.flatMap(flagCases).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case "\${COMPREPLY[0]-}" in */) compopt -o nospace 2> /dev/null ;; esac
}
complete -F _dabba dabba`
}

function flagCases(command: Command): string[] {
  return Object.entries(command.flags)
    .filter(([, { placeholder }]) => placeholder !== undefined)
    .map(([name, flag]) => {
      const pattern = spellings(name, flag)
        .map((spelling) => `'${command.name} ${spelling}'`)
        .join(' | ')
      return `    ${pattern}) ${replyWith(valuesOfFlag(command, name, flag))} ;;`
    })
}

function replyWith(values: Values): string {
  switch (values.from) {
    case 'choices':
      return `COMPREPLY=($(compgen -W '${values.choices.join(' ')}' -- "$word")); return`
    case 'paths':
      return 'local IFS=$\'\\n\'; compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$word")); return'
    case 'clusters':
      return 'COMPREPLY=($(compgen -W "$(dabba status -o name 2> /dev/null)" -- "$word")); return'
    case 'nowhere':
      return 'return'
  }
}

function commandCase(command: Command): string {
  const flags = [...Object.entries(command.flags).map(([name]) => `--${name}`), '--help']
  const operand = valuesOfOperand(command)
  const words = operand.from === 'choices' ? [...operand.choices, ...flags] : flags
  return `    ${command.name}) words='${words.join(' ')}' ;;`
}
