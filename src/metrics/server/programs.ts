import type { Program } from '../../world/program.ts'
import type { ClusterPrograms } from './prometheus-program.ts'

/** Which images are which program: with any registry in front, any tag or digest behind. */
const IMAGE = /^(?:[^/]+\/)?(?:prom|prometheus|bitnami)\/(prometheus|alertmanager)(?:[:@].*)?$/

/**
 * What we have for an image of Prometheus' family; undefined for all others. A container that names a command of its own
 * runs something else than its image is for, unless it is the program itself.
 */
export function metricsProgram(
  { image = '', command = [] }: { readonly image?: string; readonly command?: readonly string[] },
  cluster: ClusterPrograms,
): Program | undefined {
  const [, name] = IMAGE.exec(image) ?? []
  const [entrypoint] = command
  if (name === undefined || (entrypoint !== undefined && entrypoint.split('/').at(-1) !== name)) return undefined
  const load = name === 'prometheus' ? () => loadPrometheus(cluster) : loadAlertmanager
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
