import type { Command, Flag } from './command.ts'

/** The page of `dabba --help`. */
export function helpOf(commands: readonly Command[]): string {
  const groups = [...new Set(commands.map(({ group }) => group))]
  const width = Math.max(...commands.map(({ name }) => name.length))
  const sections = groups.map((group) => {
    const lines = commands
      .filter((command) => command.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
    return [`${group}:`, ...lines].join('\n')
  })
  const head = 'dabba: a Kubernetes cluster in one process\n\nUsage: dabba COMMAND [FLAGS]'
  return [head, ...sections, 'Run `dabba COMMAND --help` for a command’s flags and examples.'].join('\n\n')
}

/** The page of `dabba COMMAND --help`. */
export function commandHelp(command: Command): string {
  const operands = command.operands === undefined ? '' : ` ${command.operands}`
  const flags = Object.entries(command.flags).map(([name, flag]) => [flagName(name, flag), flagText(flag)] as const)
  const width = Math.max(0, ...flags.map(([name]) => name.length))
  const parts = [
    `${command.summary}.`,
    `Usage: dabba ${command.name}${operands}${flags.length === 0 ? '' : ' [FLAGS]'}`,
    ...(flags.length === 0
      ? []
      : [`Flags:\n${flags.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n')}`]),
    `Examples:\n${command.examples.map(([what, line]) => `  # ${what}\n  ${line}`).join('\n\n')}`,
  ]
  return parts.join('\n\n')
}

export function flagName(name: string, { short, placeholder }: Flag): string {
  const long = `--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`
  return short === undefined ? `    ${long}` : `-${short}, ${long}`
}

export function flagText(flag: Flag): string {
  const notes = [
    ...(flag.choices === undefined ? [] : [flag.choices.join(' | ')]),
    ...(flag.default === undefined ? [] : [`default ${flag.default}`]),
    ...(flag.repeated === true ? ['may be repeated'] : []),
  ]
  return notes.length === 0 ? flag.description : `${flag.description} (${notes.join('; ')})`
}
