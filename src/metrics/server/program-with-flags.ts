import type { Program, ProgramContext } from '../../world/program.ts'
import { FlagError, FlagReader, parseProgramFlags, type ProgramFlags } from './program-flags.ts'

/** How a program ends that does not understand its arguments. */
const EXIT_BAD_FLAGS = 2

/** A program that reads its arguments as flags; one that cannot is told as Prometheus' programs tell it. */
export function programWithFlags(
  name: string,
  flags: ProgramFlags,
  run: (reader: FlagReader, context: ProgramContext) => Promise<number>,
): Program {
  return {
    async start(context) {
      try {
        return await run(new FlagReader(parseProgramFlags(flags, context.args)), context)
      } catch (error) {
        if (!(error instanceof FlagError)) throw error
        context.log(`${name}: error: ${error.message}, try --help`, 'stderr')
        return EXIT_BAD_FLAGS
      }
    },
  }
}
