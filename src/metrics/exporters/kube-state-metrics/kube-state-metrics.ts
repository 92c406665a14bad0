import type { Informers } from '../../../client/informers.ts'
import type { PodIdentity, Program } from '../../../world/program.ts'
import { textResponse, type WebResponse } from '../../../world/web.ts'
import type { ExposedFamily } from '../../exposition/exposed-family.ts'
import { writeText } from '../../exposition/write-text.ts'
import { batchMetrics } from './batch-metrics.ts'
import { clusterMetrics } from './cluster-metrics.ts'
import { familyOf, type KindMetrics } from './object-metrics.ts'
import { podMetrics } from './pod-metrics.ts'
import { resourceMetrics } from './resource-metrics.ts'
import { workloadMetrics } from './workload-metrics.ts'

const KINDS: readonly KindMetrics[] = [
  podMetrics,
  ...workloadMetrics,
  ...batchMetrics,
  ...clusterMetrics,
  ...resourceMetrics,
]
/** kubernetes/kube-state-metrics pkg/options/options.go */
const PORT = 8080
const TELEMETRY_PORT = 8081
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The objects of a cluster as metrics, family by family. */
function* objectFamilies(informers: Informers): Generator<ExposedFamily> {
  for (const { kind, identity, metrics } of KINDS) {
    const informer = informers.of(kind)
    for (const metric of metrics) yield familyOf(metric, informer.values(), identity)
  }
}

/** What a kube-state-metrics needs of the cluster. */
export interface StateSource {
  /** What a pod's service account sees of the cluster. */
  informersFor(pod: PodIdentity, told: (problem: string) => void): Informers
}

/** kube-state-metrics, as the workload of a pod: shows the objects of the cluster at `/metrics`. */
export function kubeStateMetrics(cluster: StateSource): Program {
  return {
    async start({ args, clock, listen, log, pod, signal }) {
      const informers = cluster.informersFor(pod, (problem) => log(problem, 'stderr'))
      // What its service account may not list is missing from the page, and said in the log.
      for (const { kind } of KINDS) informers.of(kind)
      const page = async (): Promise<WebResponse> => {
        let body = ''
        for (const family of objectFamilies(informers)) {
          body += writeText([family])
          // A page about ten thousand pods is long: others get their turn in between.
          await clock.yield()
        }
        return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body }
      }
      listen(portOf(args, '--port', PORT), async ({ path }) => {
        if (path === '/metrics') return page()
        return isHealthPath(path) ? textResponse(200, 'OK') : textResponse(404, '404 page not found\n')
      })
      listen(portOf(args, '--telemetry-port', TELEMETRY_PORT), async ({ path }) => {
        if (path === '/metrics') return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body: '' }
        return isHealthPath(path) ? textResponse(200, 'OK') : textResponse(404, '404 page not found\n')
      })
      log(`Started metrics server on port ${portOf(args, '--port', PORT)}`)
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      informers.stop()
      return 0
    },
  }
}

function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/livez' || path === '/readyz'
}

/** Of `--port=8080` or `--port 8080`; other flags choose what real ones would leave out, and nothing is left out here. */
function portOf(args: readonly string[], flag: string, otherwise: number): number {
  const index = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  const text = args[index]?.split('=')[1] ?? args[index + 1]
  return index < 0 || text === undefined ? otherwise : Number(text)
}
