import type { Command, Flag } from '../command.ts'
import { spellings, type Values, valuesOfFlag, valuesOfOperand } from './values.ts'

/** For zsh's own completion system: sourced, or as \`_dabba\` in a folder of \`$fpath\`. */
export function zshCompletion(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => quoted(`${name}:${summary}`))
  return `#compdef dabba
# Completes dabba in zsh: source <(dabba completion zsh)
_dabba_clusters() {
  local -a clusters
  clusters=(\${(f)"$(dabba status -o name 2> /dev/null)"})
  _describe cluster clusters
}
_dabba() {
  local -a commands
  commands=(
    ${[...described, quoted('help:Print help')].join('\n    ')}
  )
  if (( CURRENT == 2 )) || [[ \${words[2]} == help ]]; then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ \${funcstack[1]-} == _dabba ]]; then _dabba "$@"; else compdef _dabba dabba; fi`
}

function commandCase(command: Command): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => flagSpec(command, name, flag))
  const specs = [...flags, quoted('(-h --help)') + '{-h,--help}' + quoted('[Print help]')]
  const operand = valuesOfOperand(command)
  if (operand.from === 'choices') specs.push(quoted(`1:operand:${action(operand)}`))
  return `    ${command.name}) _arguments ${specs.join(' ')} ;;`
}

function flagSpec(command: Command, name: string, flag: Flag): string {
  const { placeholder, repeated, description } = flag
  const value = placeholder === undefined ? '' : `:${placeholder}:${action(valuesOfFlag(command, name, flag))}`
  const text = quoted(`[${description.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]${value}`)
  const all = spellings(name, flag)
  if (all.length === 1) return `${quoted(`${repeated === true ? '*' : ''}--${name}`)}${text}`
  const excluded = repeated === true ? quoted('*') : quoted(`(${all.join(' ')})`)
  return `${excluded}{${all.join(',')}}${text}`
}

function action(values: Values): string {
  switch (values.from) {
    case 'choices':
      return `(${values.choices.join(' ')})`
    case 'paths':
      return '_files'
    case 'clusters':
      return '_dabba_clusters'
    case 'nowhere':
      return ' '
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
