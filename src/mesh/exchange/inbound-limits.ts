import type { ClusterPolicy } from '../balance/cluster-policy.ts'
import { Cluster } from '../balance/cluster.ts'
import { UpstreamHost } from '../balance/upstream-host.ts'
import type { Workload } from '../registry/workload.ts'

/** An application behind a sidecar's port, and what its proxy knows of the requests there. */
export interface LimitedApplication {
  readonly state: Cluster
  readonly host: UpstreamHost
}

/**
 * Who has a connection to the applications behind one sidecar's ports, or waits for one, where they are limited. It outlives
 * configuration, as requests do.
 */
export class InboundLimits {
  readonly #known = new Map<string, LimitedApplication>()

  /** What is known of the application, now under `policy`. */
  of(
    cluster: string,
    at: { readonly address: string; readonly port: number; readonly workload: Workload },
    policy: ClusterPolicy,
  ): LimitedApplication {
    const { address, port, workload } = at
    const key = `${cluster} ${address}:${port}`
    let known = this.#known.get(key)
    if (known === undefined) {
      known = { state: new Cluster(cluster, policy), host: new UpstreamHost(address, port, { workload, addedMs: 0 }) }
      this.#known.set(key, known)
    }
    known.host.workload = workload
    const groups = [{ endpoints: [known.host], priority: 0, weight: 1 }]
    // Nothing of an application's limits depends on the time.
    known.state.configure(policy, groups, { weighsLocalities: false, nowMs: 0 })
    return known
  }
}
