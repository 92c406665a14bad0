import type { Command } from '../src/cli/command.ts'
import { loadCommands } from '../src/cli/commands.ts'
import { flagName, flagText, usageOf } from '../src/cli/help.ts'

/** docs/cli.md: every command, from the very data that parses and helps. */
export async function cliPage(): Promise<string> {
  const commands = await loadCommands()
  return [
    '# The command line',
    '',
    'Made by `npm run generate` from the commands themselves; a test keeps it in step. From a checkout, `npm run -s dabba --',
    'ARGS` is the command line.',
    '',
    '| command | |',
    '|---|---|',
    ...commands.map(({ name, summary }) => `| [\`dabba ${name}\`](#dabba-${name}) | ${summary} |`),
    '',
    ...commands.flatMap(section),
    ...END,
    '',
  ].join('\n')
}

function section(command: Command): string[] {
  const { name, summary, details, flags, examples } = command
  const rows = Object.entries(flags).map(([flag, described]) => {
    return `| \`${flagName(flag, described).trim()}\` | ${flagText(described).replaceAll('|', String.raw`\|`)} |`
  })
  return [
    `## dabba ${name}`,
    '',
    `${summary}.${details === undefined ? '' : ` ${details}`}`,
    '',
    '```',
    usageOf(command),
    '```',
    '',
    ...(rows.length === 0 ? [] : ['| flag | |', '|---|---|', ...rows, '']),
    '```sh',
    examples.map(([what, line]) => `# ${what}\n${line}`).join('\n\n'),
    '```',
    '',
  ]
}

const END = [
  '## Everywhere',
  '',
  'Results go to standard output, everything else to standard error. Exit codes: 0, done; 1, done, and something is wrong;',
  '2, could not be done. An error has three lines: what and why, what to do, and a code with a page in [errors](errors).',
  'Colour is only for terminals; `NO_COLOR` turns it off.',
  '',
  'Clusters keep their state and leave word of themselves in `~/.dabba`, or in the folder that `DABBA_HOME` names.',
]
