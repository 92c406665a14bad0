import { UserError } from '../../base/user-error.ts'
import { FlagError, type FlagTexts } from '../../metrics/server/program-flags.ts'
import type { ProgramOptions } from '../../metrics/server/run-prometheus.ts'
import { realWorld } from '../../world/real-world.ts'
import type { Output } from '../command.ts'

export interface ProgramCall {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly out: Output
  readonly signal: AbortSignal
}

/** Runs one of Prometheus' programs until it is told to stop; what it has to say goes to standard error. */
export async function runProgram(
  program: (options: ProgramOptions) => Promise<void>,
  { flags, out, signal }: ProgramCall,
): Promise<number> {
  const reload = { now: (): void => undefined }
  const onHangUp = (): void => reload.now()
  process.on('SIGHUP', onHangUp)
  try {
    await program({
      world: realWorld(),
      flags: textsOf(flags),
      directory: process.cwd(),
      environment: process.env,
      log: (line) => out.note(line),
      signal,
      onReload: (act) => {
        reload.now = act
      },
    })
    return 0
  } catch (error) {
    if (error instanceof FlagError) {
      throw new UserError('DABBA_USAGE', {
        message: error.message,
        hint: 'Give the flag a value that it takes, see --help',
        cause: error,
      })
    }
    throw new UserError('DABBA_PROGRAM', {
      message: (error as Error).message,
      hint: 'Mend what it names, and start it again',
      cause: error,
    })
  } finally {
    process.off('SIGHUP', onHangUp)
  }
}

/** A program reads its flags as text, whoever parsed them. */
function textsOf(flags: ProgramCall['flags']): FlagTexts {
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : value]),
  )
}
