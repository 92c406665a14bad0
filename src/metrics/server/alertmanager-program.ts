import { messageOf } from '../../base/message-of.ts'
import type { Network } from '../../world/network.ts'
import type { Program, ProgramContext } from '../../world/program.ts'
import { ALERTMANAGER_FLAGS } from './alertmanager-flags.ts'
import { openAlertmanager } from './open-alertmanager.ts'
import { logger, untilAborted } from './open-prometheus.ts'
import { EXIT_BAD_FLAGS, FlagError, FlagReader, parseProgramFlags } from './program-flags.ts'

/** What an Alertmanager in a pod starts in, as in its image. */
const DIRECTORY = '/alertmanager'

/** Alertmanager, as the workload of a pod. Changed files are read anew without a reloader beside it. */
export const alertmanagerProgram: Program = {
  async start(context) {
    const { clock, random, disk, pod, args, signal } = context
    const log = logger(clock, (line) => context.log(line, 'stderr'))
    const world = { clock, random, disk, network: podNetwork(context) }
    let opened: ReturnType<typeof openAlertmanager>
    try {
      const flags = new FlagReader(parseProgramFlags(ALERTMANAGER_FLAGS, args))
      opened = openAlertmanager(flags, { world, directory: DIRECTORY, host: pod.name, log })
    } catch (error) {
      if (!(error instanceof FlagError)) throw error
      context.log(`alertmanager: error: ${error.message}, try --help`, 'stderr')
      return EXIT_BAD_FLAGS
    }
    const { alertmanager, port, handler } = opened
    await alertmanager.start()
    const close = context.listen(port, handler)
    const stopWatching = context.onFilesChanged(() => {
      alertmanager.reload().catch((error: unknown) => log('error', messageOf(error)))
    })
    try {
      log('info', `Listening on :${port}`)
      await untilAborted(signal)
    } finally {
      stopWatching()
      close()
      await alertmanager.stop()
    }
    return 0
  },
}

/** What a program in a pod has of a network: it calls, and answers on its ports; mail servers are out of its reach. */
function podNetwork({ request }: ProgramContext): Network {
  const none = (what: string): never => {
    throw new Error(`a pod ${what}`)
  }
  return {
    request,
    listen: () => none('listens on its own ports only'),
    connectLines: () => none('reaches no mail servers'),
  }
}
