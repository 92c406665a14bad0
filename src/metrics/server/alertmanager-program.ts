import { aborted } from '../../base/abort.ts'
import { messageOf } from '../../base/message-of.ts'
import type { Network } from '../../world/network.ts'
import type { ProgramContext } from '../../world/program.ts'
import { ALERTMANAGER_FLAGS } from './alertmanager-flags.ts'
import { openAlertmanager } from './open-alertmanager.ts'
import { logger } from './open-prometheus.ts'
import { programWithFlags } from './program-with-flags.ts'

/** What an Alertmanager in a pod starts in, as in its image. */
const DIRECTORY = '/alertmanager'

/** Alertmanager, as the workload of a pod. Changed files are read anew without a reloader beside it. */
export const alertmanagerProgram = programWithFlags('alertmanager', ALERTMANAGER_FLAGS, async (reader, context) => {
  const { clock, random, disk, pod, signal } = context
  const log = logger(clock, (line) => context.log(line, 'stderr'))
  const world = { clock, random, disk, network: podNetwork(context) }
  const opening = { world, directory: DIRECTORY, host: pod.name, log }
  const { alertmanager, port, handler } = openAlertmanager(reader, opening)
  await alertmanager.start()
  const close = context.listen(port, handler)
  const stopWatching = context.onFilesChanged(() => {
    alertmanager.reload().catch((error: unknown) => log('error', messageOf(error)))
  })
  try {
    log('info', `Listening on :${port}`)
    await aborted(signal)
  } finally {
    stopWatching()
    close()
    await alertmanager.stop()
  }
  return 0
})

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
