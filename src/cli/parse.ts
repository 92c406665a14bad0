import { parseArgs } from 'node:util'
import { UserError } from '../base/user-error.ts'
import type { Command, Flag } from './command.ts'
import { closest } from './suggest.ts'

export interface ParsedCall {
  readonly operands: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly wantsHelp: boolean
}

/** Reads a command's arguments by its own description; refuses what it does not know. */
export function parseCall(command: Command, argv: readonly string[]): ParsedCall {
  const { values, positionals } = parsed(command, argv)
  const wantsHelp = values['help'] === true
  const flags: Record<string, string | boolean | readonly string[] | undefined> = {}
  for (const [name, flag] of Object.entries(command.flags)) {
    const value = values[name]
    if (flag.placeholder === undefined) flags[name] = value === true
    else if (flag.repeated === true) flags[name] = (value as string[] | undefined) ?? []
    else flags[name] = (value as string | undefined) ?? flag.default
    if (!wantsHelp) checkValue(command, name, flags[name])
  }
  if (command.operands === undefined && positionals.length > 0 && !wantsHelp) {
    throw usage(command, `\`dabba ${command.name}\` takes no argument "${positionals[0] ?? ''}"`)
  }
  return { operands: positionals, flags, wantsHelp }
}

export function usage({ name }: { readonly name: string }, message: string): UserError {
  return new UserError('DABBA_USAGE', { message, hint: `See \`dabba ${name} --help\`` })
}

const HELP: Flag = { description: 'Print this', short: 'h' }

function parsed(command: Command, argv: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries({ ...command.flags, help: HELP }).map(([name, flag]) => [
      name,
      {
        type: flag.placeholder === undefined ? ('boolean' as const) : ('string' as const),
        ...(flag.short === undefined ? {} : { short: flag.short }),
        multiple: flag.repeated === true,
      },
    ]),
  )
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options })
  } catch (error) {
    throw usage(command, whatIsWrong(command, error as NodeJS.ErrnoException))
  }
}

/** Our words for what Node's parser found. */
function whatIsWrong(command: Command, { code, message }: NodeJS.ErrnoException): string {
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const meant = closest(quoted.replace(/^-+/, ''), [...Object.keys(command.flags), 'help'])
    return `\`dabba ${command.name}\` has no flag ${quoted}${meant === undefined ? '' : `; did you mean --${meant}?`}`
  }
  if (message.includes('does not take an argument')) return `${quoted} takes no value`
  if (message.includes('argument missing') || message.includes('is ambiguous')) {
    const name = /--([a-z-]+)/.exec(message)?.[1] ?? ''
    return `--${name} needs a value: --${name} ${command.flags[name]?.placeholder ?? ''}`
  }
  return message
}

function checkValue(command: Command, name: string, value: unknown): void {
  const { choices, placeholder = '' } = command.flags[name] ?? {}
  const given = Array.isArray(value) ? value : [value]
  if (given.includes('')) throw usage(command, `--${name} needs a value: --${name} ${placeholder}`)
  if (choices === undefined || typeof value !== 'string' || choices.includes(value)) return
  throw usage(command, `--${name} must be one of ${choices.join(', ')}, not "${value}"`)
}
