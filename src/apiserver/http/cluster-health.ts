import type { HealthCheck, HealthChecks } from './health-paths.ts'

/** Hooks that a server runs after it starts, by the names that upstream has for them. */
const HOOKS = [
  'poststarthook/start-system-namespaces-controller',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/bootstrap-controller',
  'poststarthook/apiservice-registration-controller',
]

/** What a cluster in one process is asked about its health; asked anew with every request. */
export function clusterHealth(cluster: {
  hasStore(): boolean
  hasStarted(): boolean
  isStopping(): boolean
}): HealthChecks {
  const always = (name: string): HealthCheck => ({ name, isHealthy: () => true })
  const whenStarted = (name: string): HealthCheck => ({ name, isHealthy: () => cluster.hasStarted() })
  const store: HealthCheck = { name: 'etcd', isHealthy: () => cluster.hasStore() }
  const live = [always('ping'), store, ...HOOKS.map(whenStarted)]
  const shutdown: HealthCheck = { name: 'shutdown', isHealthy: () => !cluster.isStopping() }
  return { healthz: live, livez: live, readyz: [...live, whenStarted('informer-sync'), shutdown] }
}
