import type { Command, Flag, Output } from './command.ts'

/** The page of `dabba --help`. */
export function helpOf(commands: readonly Command[], { bold }: Pick<Output, 'bold'>): string {
  const groups = [...new Set(commands.map(({ group }) => group))]
  const width = Math.max(...commands.map(({ name }) => name.length))
  const sections = groups.map((group) => {
    const lines = commands
      .filter((command) => command.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
    return [bold(`${group}:`), ...lines].join('\n')
  })
  return [
    'dabba: a Kubernetes cluster in one process',
    `${bold('Usage:')} dabba COMMAND [FLAGS]`,
    ...sections,
    'Run `dabba COMMAND --help` for a command’s flags and examples.',
  ].join('\n\n')
}

/** The page of `dabba COMMAND --help`. */
export function commandHelp(command: Command, { bold, columns }: Pick<Output, 'bold' | 'columns'>): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => [flagName(name, flag), flagText(flag)] as const)
  const width = Math.max(0, ...flags.map(([name]) => name.length))
  const flagLines = flags.map(([name, text]) => {
    const lines = wrapped(text, columns - width - 4)
    return `  ${name.padEnd(width)}  ${lines.join(`\n${' '.repeat(width + 4)}`)}`
  })
  return [
    [`${command.summary}.`, ...wrapped(command.details ?? '', columns)].join('\n').trimEnd(),
    `${bold('Usage:')} ${usageOf(command)}`,
    ...(flags.length === 0 ? [] : [`${bold('Flags:')}\n${flagLines.join('\n')}`]),
    `${bold('Examples:')}\n${command.examples.map(([what, line]) => `  # ${what}\n  ${line}`).join('\n\n')}`,
  ].join('\n\n')
}

export function usageOf({ name, operands, flags }: Command): string {
  const rest = Object.keys(flags).length === 0 ? '' : ' [FLAGS]'
  return `dabba ${name}${operands === undefined ? '' : ` ${operands}`}${rest}`
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

/** Breaks a text at blanks into lines of at most `columns`, where its words allow it. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
