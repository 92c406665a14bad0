#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { UserError } from '../base/user-error.ts'
import type { Command, Output } from './command.ts'
import { loadCommand, loadCommands } from './commands.ts'
import { commandHelp, helpOf } from './help.ts'
import { parseCall } from './parse.ts'

// Compiled sources are kept between runs: starting is mostly compiling.
enableCompileCache()

const OUT: Output = {
  line: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
}

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    OUT.line(helpOf(await loadCommands()))
    return 0
  }
  try {
    const command = await loadCommand(name === '--version' ? 'version' : name)
    if (command === undefined) {
      throw new UserError('DABBA_USAGE', { message: `There is no command "${name}"`, hint: 'See `dabba --help`' })
    }
    return await run(command, rest)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    OUT.note(`error: ${error.message}\nhint:  ${error.hint}\ncode:  ${error.code}`)
    return 2
  }
}

async function run(command: Command, argv: readonly string[]): Promise<number> {
  const { operands, flags, wantsHelp } = parseCall(command, argv)
  if (wantsHelp) {
    OUT.line(commandHelp(command))
    return 0
  }
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  return command.run({ operands, flags: flags as never, out: OUT, signal: stop.signal })
}
