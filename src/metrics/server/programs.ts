import type { Program } from '../../world/program.ts'
import type { ClusterPrograms } from './prometheus-program.ts'

/** Which images are which program: with any registry in front, any tag or digest behind. */
const IMAGES: Readonly<Record<string, RegExp>> = {
  prometheus: /^(?:[^/]+\/)?(?:prom|prometheus|bitnami)\/prometheus(?:[:@].*)?$/,
  alertmanager: /^(?:[^/]+\/)?(?:prom|prometheus|bitnami)\/alertmanager(?:[:@].*)?$/,
  'kube-state-metrics': /^(?:[^/]+\/)*kube-state-metrics(?:[:@].*)?$/,
}

/**
 * What we have for an image of Prometheus' family; undefined for all others. A container that names a command of its own
 * runs something else than its image is for, unless it is the program itself.
 */
export function metricsProgram(
  { image = '', command = [] }: { readonly image?: string; readonly command?: readonly string[] },
  cluster: ClusterPrograms,
): Program | undefined {
  const name = Object.keys(IMAGES).find((one) => IMAGES[one]?.test(image))
  const [entrypoint] = command
  if (name === undefined || (entrypoint !== undefined && entrypoint.split('/').at(-1) !== name)) return undefined
  const load = (): Promise<Program> => {
    if (name === 'kube-state-metrics') return loadKubeStateMetrics(cluster)
    return name === 'prometheus' ? loadPrometheus(cluster) : loadAlertmanager()
  }
  // Loaded when the first one starts: most clusters have none, and all of them start quickly.
  return { start: async (context) => (await context.clock.outside(load())).start(context) }
}

async function loadPrometheus(cluster: ClusterPrograms): Promise<Program> {
  const { prometheusProgram } = await import('./prometheus-program.ts')
  return prometheusProgram(cluster)
}

async function loadAlertmanager(): Promise<Program> {
  const { alertmanagerProgram } = await import('./alertmanager-program.ts')
  return alertmanagerProgram
}

async function loadKubeStateMetrics(cluster: ClusterPrograms): Promise<Program> {
  const { kubeStateMetrics } = await import('../exporters/kube-state-metrics/kube-state-metrics.ts')
  return kubeStateMetrics(cluster)
}
