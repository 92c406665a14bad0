import { UserError } from '../base/user-error.ts'
import type { Command, Output } from './command.ts'
import { COMMAND_NAMES, loadCommand, loadCommands } from './commands.ts'
import { EXIT_FAILED, printFailure } from './failure.ts'
import { commandHelp, helpOf } from './help.ts'
import { parseCall } from './parse.ts'
import { closest } from './suggest.ts'
import { terminal } from './terminal.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs what the user typed after `dabba`, and returns the exit code. Whatever fails is told in three lines. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const out = terminal()
  process.on('uncaughtException', (error) => {
    printFailure(error)
    process.exit(EXIT_FAILED)
  })
  try {
    return await dispatch(argv, out)
  } catch (error) {
    printFailure(error)
    return EXIT_FAILED
  }
}

async function dispatch([name, ...rest]: readonly string[], out: Output): Promise<number> {
  switch (name) {
    case undefined:
    case '--help':
    case '-h':
      out.line(helpOf(await loadCommands(), out))
      return 0
    case 'help':
      return rest[0] === undefined ? dispatch([], out) : dispatch([rest[0], '--help'], out)
    case '--version':
    case '-v':
      return dispatch(['version', ...rest], out)
    default:
      return run(await commandNamed(name), rest, out)
  }
}

async function commandNamed(name: string): Promise<Command> {
  const command = await loadCommand(name)
  if (command !== undefined) return command
  const meant = closest(name, [...COMMAND_NAMES, 'help'])
  const what = name.startsWith('-') ? 'flag' : 'command'
  throw new UserError('DABBA_USAGE', {
    message: `There is no ${what} "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    hint: 'See `dabba --help`',
  })
}

async function run(command: Command, argv: readonly string[], out: Output): Promise<number> {
  const { operands, flags, wantsHelp } = parseCall(command, argv)
  if (wantsHelp) {
    out.line(commandHelp(command, out))
    return 0
  }
  const stop = new AbortController()
  if (command.stopsItself === true) {
    // Each once: the second Ctrl-C does what it does to any program.
    for (const signal of STOP_SIGNALS) {
      if (signal !== 'SIGHUP' || command.reloadsOnHangUp !== true) process.once(signal, () => stop.abort())
    }
  }
  return command.run({ operands, flags: flags as never, out, commands: loadCommands, signal: stop.signal })
}
