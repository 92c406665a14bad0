import type { Workload } from '../../registry/workload.ts'
import type { MeshFamily, MeshMetric } from '../exposed-family.ts'

/** Beyond so many proxies those are forgotten that were noted first. */
const PROXIES_MAX = 10_000
const ACTIONS = ['deny', 'allow'] as const
type Action = (typeof ACTIONS)[number]

/** Of one port: how often each action would have allowed and denied. */
type Counts = Record<Action, { allowed: number; denied: number } | undefined>

/**
 * What policies on trial would have said, under the names that Envoy's statistics have with Istio's tags: istio/istio
 * tools/packaging/common/envoy_bootstrap.json, pilot/pkg/security/authz/builder/builder.go.
 */
export class TrialStats {
  readonly #proxies = new Map<string, Map<number, Counts>>()

  note(proxy: Workload, port: number, trial: Readonly<Partial<Record<Action, boolean>>>): void {
    const counts = this.#countsOf(proxy, port)
    for (const action of ACTIONS) {
      const allowed = trial[action]
      if (allowed !== undefined) (counts[action] ??= { allowed: 0, denied: 0 })[allowed ? 'allowed' : 'denied']++
    }
  }

  *families(proxy: Workload): Generator<MeshFamily> {
    const ports = this.#proxies.get(keyOf(proxy)) ?? new Map<number, Counts>()
    const direction = proxy.type === 'gateway' ? 'outbound' : 'inbound'
    for (const [port, counts] of [...ports].toSorted(([a], [b]) => a - b)) {
      const metrics = ACTIONS.flatMap((action) => metricsOf(action, counts))
      yield { name: `envoy_http_${direction}_0_0_0_0_${port}_rbac`, help: '', type: 'counter', metrics }
    }
  }

  #countsOf(proxy: Workload, port: number): Counts {
    const key = keyOf(proxy)
    let ports = this.#proxies.get(key)
    if (ports === undefined) {
      const [first] = this.#proxies.size >= PROXIES_MAX ? this.#proxies.keys() : []
      if (first !== undefined) this.#proxies.delete(first)
      ports = new Map()
      this.#proxies.set(key, ports)
    }
    const known = ports.get(port)
    if (known !== undefined) return known
    const counts: Counts = { deny: undefined, allow: undefined }
    ports.set(port, counts)
    return counts
  }
}

function metricsOf(action: Action, counts: Counts): readonly MeshMetric[] {
  const { allowed, denied } = counts[action] ?? {}
  if (allowed === undefined || denied === undefined) return []
  const metric = (result: string, value: number): MeshMetric => ({
    labels: [
      ['authz_dry_run_action', action],
      ['authz_dry_run_result', result],
    ],
    value: { kind: 'number', value },
  })
  return [metric('allowed', allowed), metric('denied', denied)]
}

function keyOf({ namespace, addresses, name }: Workload): string {
  return `${namespace}/${addresses[0] ?? name}`
}
