import type { Command, Flag } from '../command.ts'
import { type Values, valuesOfFlag, valuesOfOperand } from './values.ts'

/** For fish 3.0 and later. */
export function fishCompletion(commands: readonly Command[]): string {
  return [
    '# Completes dabba in fish: dabba completion fish > ~/.config/fish/completions/dabba.fish',
    'complete -c dabba -f',
    ...commands.map(
      ({ name, summary }) => `complete -c dabba -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    `complete -c dabba -n __fish_use_subcommand -a help -d 'Print help'`,
    `complete -c dabba -n '__fish_seen_subcommand_from help' -a ${quoted(commands.map(({ name }) => name).join(' '))}`,
    `complete -c dabba -s h -l help -d 'Print help'`,
    ...commands.flatMap(commandLines),
  ].join('\n')
}

function commandLines(command: Command): string[] {
  const start = `complete -c dabba -n '__fish_seen_subcommand_from ${command.name}'`
  const operand = valuesOfOperand(command)
  return [
    ...(operand.from === 'choices' ? [`${start} -a ${quoted(operand.choices.join(' '))}`] : []),
    ...Object.entries(command.flags).map(([name, flag]) => `${start} ${flagPart(command, name, flag)}`),
  ]
}

function flagPart(command: Command, name: string, flag: Flag): string {
  const { short, placeholder, description } = flag
  const value = placeholder === undefined ? '' : ` ${valuePart(valuesOfFlag(command, name, flag))}`
  return `${short === undefined ? '' : `-s ${short} `}-l ${name}${value} -d ${quoted(description)}`
}

function valuePart(values: Values): string {
  switch (values.from) {
    case 'choices':
      return `-x -a ${quoted(values.choices.join(' '))}`
    case 'paths':
      return '-r -F'
    case 'clusters':
      return `-x -a '(dabba status -o name 2> /dev/null)'`
    case 'nowhere':
      return '-x'
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
