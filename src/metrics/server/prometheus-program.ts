import { aborted } from '../../base/abort.ts'
import type { Informers } from '../../client/informers.ts'
import type { Program, ProgramContext } from '../../world/program.ts'
import { logger, openPrometheus } from './open-prometheus.ts'
import { programWithFlags } from './program-with-flags.ts'
import { PROMETHEUS_FLAGS } from './prometheus-flags.ts'
import { prometheusSettings } from './prometheus-settings.ts'

/** What a Prometheus in a pod starts in, as in its image. */
const DIRECTORY = '/prometheus'

export interface ClusterPrograms {
  /** What a pod's service account sees of the cluster, to find targets in. */
  informersFor(pod: ProgramContext['pod'], told: (problem: string) => void): Informers
}

/** Prometheus, as the workload of a pod. Changed files are read anew without a reloader beside it. */
export function prometheusProgram({ informersFor }: ClusterPrograms): Program {
  return programWithFlags('prometheus', PROMETHEUS_FLAGS, async (reader, context) => {
    const { clock, random, disk, pod, env, signal } = context
    const log = logger(clock, (line) => context.log(line, 'stderr'))
    const settings = prometheusSettings(reader)
    const url = settings.externalUrl === '' ? `http://${pod.name}:${settings.port}` : settings.externalUrl
    let informers: Informers | undefined
    const server = await openPrometheus(
      { ...settings, externalUrl: url },
      {
        reader,
        host: {
          clock,
          random,
          disk,
          directory: DIRECTORY,
          environment: env,
          identity: pod.name,
          whenLocked:
            'another pod writes there. A Prometheus elsewhere would end now; this one keeps its series in memory',
          log,
          transport: (request, ended) => context.request({ ...request, signal: ended }),
          cluster: () => ({
            informers: (informers ??= informersFor(pod, (problem) => log('error', problem))),
            ownNamespace: pod.namespace,
          }),
        },
      },
    )
    const close = context.listen(settings.port, (request) => server.handle(request))
    const stopWatching = context.onFilesChanged(() => {
      server.reload().catch((error: Error) => log('error', error.message))
    })
    try {
      await server.start()
      await Promise.race([aborted(signal), server.quit.promise])
      log('info', 'Received an interrupt, shutting down gracefully...')
    } finally {
      stopWatching()
      close()
      await server.stop()
      informers?.stop()
    }
    return 0
  })
}
