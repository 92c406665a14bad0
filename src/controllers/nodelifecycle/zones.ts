import type { Node } from '../../api/types.generated.ts'
import { readiness } from './node-health.ts'

/** kube-controller-manager --node-eviction-rate, --secondary-node-eviction-rate: nodes a second whose pods are driven away. */
const RATE = 0.1
const REDUCED_RATE = 0.01
/** --large-cluster-size-threshold: a zone of at most so many nodes drives nobody away while too many are not ready. */
const LARGE_ZONE_NODES = 50
/** --unhealthy-zone-threshold */
const UNHEALTHY_SHARE = 0.55
/** Fewer nodes than these that are not ready disturb no zone. */
const UNHEALTHY_MIN = 3
const EXCLUDED_LABEL = 'node.kubernetes.io/exclude-disruption'

interface Zone {
  ready: number
  unready: number
  rate: number
}

/** What a change of one node's readiness did to the zones. */
export interface ZoneChange {
  /** Zones that drive pods away faster or slower from now on. */
  readonly zones: ReadonlySet<string>
  /** Whether all nodes of the cluster have become unready, or some ready again. */
  readonly toggled: boolean
}

const NO_CHANGE: ZoneChange = { zones: new Set(), toggled: false }

/**
 * How many nodes of each zone are ready, and how fast those that are not may drive their pods away: not at all once no
 * node of the cluster is ready, for then it is rather the observer who is cut off
 * (k8s.io/kubernetes pkg/controller/nodelifecycle handleDisruption).
 */
export class Zones {
  readonly #nodes = new Map<string, { zone: string; isReady: boolean; counts: boolean }>()
  readonly #zones = new Map<string, Zone>()
  #isCutOff = false

  /** No node of the cluster is ready. */
  get isCutOff(): boolean {
    return this.#isCutOff
  }

  zoneOf(node: string): string | undefined {
    return this.#nodes.get(node)?.zone
  }

  /** Nodes a second that a zone drives pods away from; `undefined` once it has no node. */
  rateIn(zone: string): number | undefined {
    const rate = this.#zones.get(zone)?.rate
    return rate === undefined || !this.#isCutOff ? rate : 0
  }

  observe(node: Node): ZoneChange {
    const { name, labels } = node.metadata
    const zone = zoneKey(node)
    const isReady = readiness(node) === 'True'
    const counts = labels?.[EXCLUDED_LABEL] === undefined
    const before = this.#nodes.get(name)
    if (before?.zone === zone && before.isReady === isReady && before.counts === counts) return NO_CHANGE
    this.#nodes.set(name, { zone, isReady, counts })
    if (before?.counts === true) this.#add(before.zone, before.isReady, -1)
    if (counts) this.#add(zone, isReady, 1)
    return this.#judge()
  }

  forget(name: string): ZoneChange {
    const before = this.#nodes.get(name)
    if (before === undefined) return NO_CHANGE
    this.#nodes.delete(name)
    if (before.counts) this.#add(before.zone, before.isReady, -1)
    return this.#judge()
  }

  #add(name: string, isReady: boolean, count: number): void {
    let zone = this.#zones.get(name)
    if (zone === undefined) this.#zones.set(name, (zone = { ready: 0, unready: 0, rate: RATE }))
    if (isReady) zone.ready += count
    else zone.unready += count
    if (zone.ready + zone.unready === 0) this.#zones.delete(name)
  }

  #judge(): ZoneChange {
    const changed = new Set<string>()
    let hasReady = false
    for (const [name, zone] of this.#zones) {
      hasReady ||= zone.ready > 0
      const rate = rateFor(zone)
      if (rate !== zone.rate) changed.add(name)
      zone.rate = rate
    }
    const isCutOff = this.#zones.size > 0 && !hasReady
    const toggled = isCutOff !== this.#isCutOff
    this.#isCutOff = isCutOff
    return changed.size === 0 && !toggled ? NO_CHANGE : { zones: changed, toggled }
  }
}

/** A zone that is lost altogether evicts at full speed: its pods can only live elsewhere. */
export function rateFor({ ready, unready }: { ready: number; unready: number }): number {
  const isPartial = ready > 0 && unready >= UNHEALTHY_MIN && unready / (ready + unready) >= UNHEALTHY_SHARE
  if (!isPartial) return RATE
  return ready + unready > LARGE_ZONE_NODES ? REDUCED_RATE : 0
}

/** k8s.io/component-helpers node/topology GetZoneKey */
function zoneKey({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region === '' && zone === '' ? '' : `${region}:${zone}`
}
