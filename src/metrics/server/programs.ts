import type { Program } from '../../world/program.ts'
import type { ClusterPrograms } from './prometheus-program.ts'

/** Which images are which program: with any registry in front, any tag or digest behind. */
const PROMETHEUS = /^(?:[^/]+\/)?(?:prom|prometheus|bitnami)\/prometheus(?:[:@].*)?$/
const KUBE_STATE_METRICS = /^(?:[^/]+\/)*kube-state-metrics(?:[:@].*)?$/

/**
 * What we have for an image of Prometheus' family; undefined for all others. A container that names a command of its own
 * runs something else than its image is for, unless it is the program itself.
 */
export function metricsProgram(
  { image = '', command = [] }: { readonly image?: string; readonly command?: readonly string[] },
  cluster: ClusterPrograms,
): Program | undefined {
  const [entrypoint] = command
  const runs = (name: string): boolean => entrypoint === undefined || entrypoint.split('/').at(-1) === name
  if (KUBE_STATE_METRICS.test(image) && runs('kube-state-metrics')) {
    return {
      async start(context) {
        const { kubeStateMetrics } = await context.clock.outside(
          import('../exporters/kube-state-metrics/kube-state-metrics.ts'),
        )
        return kubeStateMetrics(cluster).start(context)
      },
    }
  }
  if (!PROMETHEUS.test(image) || !runs('prometheus')) return undefined
  return {
    // Loaded when the first one starts: most clusters have none, and all of them start quickly.
    async start(context) {
      const { prometheusProgram } = await context.clock.outside(import('./prometheus-program.ts'))
      return prometheusProgram(cluster).start(context)
    },
  }
}
