import { aborted } from '../../base/abort.ts'
import { messageOf } from '../../base/message-of.ts'
import { serveWeb } from '../../world/serve-web.ts'
import { openAlertmanager } from './open-alertmanager.ts'
import { logger } from './open-prometheus.ts'
import { FlagReader } from './program-flags.ts'
import type { ProgramOptions } from './run-prometheus.ts'

const LOOPBACK = '127.0.0.1'

/** Runs an Alertmanager alone, on a loopback address, until the signal aborts. */
export async function runAlertmanager(options: ProgramOptions): Promise<void> {
  const { world, directory, signal } = options
  const log = logger(world.clock, options.log)
  const host = { world, directory, host: LOOPBACK, log }
  const { alertmanager, port, handler } = openAlertmanager(new FlagReader(options.flags), host)
  await alertmanager.start()
  const onError = (error: Error): void => log('error', error.message)
  const listener = await serveWeb(world.network, handler, { host: LOOPBACK, port, onError })
  try {
    log('info', `Listening on http://${LOOPBACK}:${listener.port}`)
    options.onReload?.(() => {
      void alertmanager.reload().then(
        () => log('info', 'Completed loading of configuration file'),
        (error: unknown) => log('error', `Loading configuration file failed: ${messageOf(error)}`),
      )
    })
    await aborted(signal)
    log('info', 'Received an interrupt, shutting down gracefully...')
  } finally {
    await listener.close()
    await alertmanager.stop()
  }
}
