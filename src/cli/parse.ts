import { parseArgs } from 'node:util'
import { UserError } from '../base/user-error.ts'
import type { Command } from './command.ts'

export interface ParsedCall {
  readonly operands: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly wantsHelp: boolean
}

/** Reads a command's arguments by its own description; refuses what it does not know. */
export function parseCall(command: Command, argv: readonly string[]): ParsedCall {
  const { values, positionals } = parsed(command, argv)
  const flags: Record<string, string | boolean | readonly string[] | undefined> = {}
  for (const [name, flag] of Object.entries(command.flags)) {
    const value = values[name]
    if (flag.placeholder === undefined) flags[name] = value === true
    else if (flag.repeated === true) flags[name] = (value as string[] | undefined) ?? []
    else flags[name] = (value as string | undefined) ?? flag.default
    checkChoice(command, name, flags[name])
  }
  if (command.operands === undefined && positionals.length > 0 && values['help'] !== true) {
    throw usage(command, `\`dabba ${command.name}\` takes no argument "${positionals[0] ?? ''}"`)
  }
  return { operands: positionals, flags, wantsHelp: values['help'] === true }
}

function parsed(command: Command, argv: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, flag]) => [
      name,
      {
        type: flag.placeholder === undefined ? ('boolean' as const) : ('string' as const),
        ...(flag.short === undefined ? {} : { short: flag.short }),
        multiple: flag.repeated === true,
      },
    ]),
  )
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    })
  } catch (error) {
    throw usage(command, (error as Error).message.split('. ')[0] ?? '')
  }
}

function checkChoice(command: Command, name: string, value: unknown): void {
  const choices = command.flags[name]?.choices
  if (choices === undefined || typeof value !== 'string' || choices.includes(value)) return
  throw usage(command, `--${name} must be one of ${choices.join(', ')}, not "${value}"`)
}

export function usage(command: Command, message: string): UserError {
  return new UserError('DABBA_USAGE', { message, hint: `See \`dabba ${command.name} --help\`` })
}
