import type { LocalitySetting, RegionFailover, ZoneAwareSetting } from '../config/types/destination-rule.ts'

/*
 * Which endpoints of a cluster take traffic from where the caller runs: by weight, or only after nearer ones have failed.
 * Rules: istio/istio pilot/pkg/networking/core/loadbalancer/loadbalancer.go.
 */

export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subzone: string
}

export interface BalancedEndpoint {
  readonly weight: number
  readonly labels: Readonly<Record<string, string>>
}

/** Endpoints of one locality. Those of priority 0 are used until they fail; the next priority then. */
export interface EndpointGroup<Endpoint extends BalancedEndpoint = BalancedEndpoint> {
  readonly locality?: Locality
  readonly endpoints: readonly Endpoint[]
  readonly priority: number
  readonly weight: number
}

export interface Caller {
  readonly locality: Locality
  readonly labels: Readonly<Record<string, string>>
}

/** `region/zone/subzone`; what is missing at the end is empty. */
export function parseLocality(text: string): Locality {
  const [region = '', zone = '', subzone = ''] = text.split('/')
  return { region, zone, subzone }
}

/** Distribution excludes failover, and failover needs a way to notice failures: outlier detection. */
export function applyLocality<E extends BalancedEndpoint>(
  groups: readonly EndpointGroup<E>[],
  caller: Caller,
  options: { readonly setting: LocalitySetting | undefined; readonly failoverEnabled: boolean },
): readonly EndpointGroup<E>[] {
  const { setting, failoverEnabled } = options
  if (setting === undefined) return groups
  if (setting.distribute !== undefined) return distributed(groups, caller.locality, setting.distribute)
  if (!failoverEnabled) return groups
  const { failover = [], failoverPriority = [] } = setting
  if (failoverPriority.length === 0) return byDistance(groups, caller.locality, failover)
  const labelled = byLabels(groups, caller.labels, failoverPriority)
  return failover.length === 0 ? labelled : byDistance(labelled, caller.locality, failover)
}

/** The proxy itself weighs zones; priorities keep regions apart. */
export function applyZoneAware<E extends BalancedEndpoint>(
  groups: readonly EndpointGroup<E>[],
  caller: Caller,
  { failover = [], failoverPriority = [] }: ZoneAwareSetting,
): readonly EndpointGroup<E>[] {
  const labelled = failoverPriority.length === 0 ? groups : byLabels(groups, caller.labels, failoverPriority)
  const { region } = caller.locality
  const target = failoverTarget(failover, region)
  return compacted(labelled, 3, ({ locality }) => {
    if ((locality?.region ?? '') === region) return 0
    return target !== undefined && locality?.region === target ? 1 : 2
  })
}

function distributed<E extends BalancedEndpoint>(
  groups: readonly EndpointGroup<E>[],
  from: Locality,
  rules: NonNullable<LocalitySetting['distribute']>,
): readonly EndpointGroup<E>[] {
  const rule = rules.find((candidate) => isIn(from, candidate.from ?? ''))
  if (rule === undefined) return groups
  const targets = Object.entries(rule.to ?? {})
  const targetOf = groups.map(({ locality }) => targets.find(([to]) => isIn(locality, to)))
  const totals = new Map<string, number>()
  for (const [index, target] of targetOf.entries()) {
    if (target !== undefined) totals.set(target[0], (totals.get(target[0]) ?? 0) + (groups[index]?.weight ?? 0))
  }
  return groups.map((group, index) => {
    const target = targetOf[index]
    if (target === undefined) return { ...group, endpoints: [], weight: 0 }
    const [to, share] = target
    return { ...group, weight: Math.ceil((group.weight * share) / (totals.get(to) ?? 1)) }
  })
}

function isIn(locality: Locality | undefined, rule: string): boolean {
  const { region, zone, subzone } = parseLocality(rule)
  return (
    (region === '*' || (locality?.region ?? '') === region) &&
    (zone === '*' || zone === '' || locality?.zone === zone) &&
    (subzone === '*' || subzone === '' || locality?.subzone === subzone)
  )
}

/** Same subzone, zone, region, then the region to fail over to, then the rest. */
function byDistance<E extends BalancedEndpoint>(
  groups: readonly EndpointGroup<E>[],
  from: Locality,
  failover: readonly (RegionFailover | null)[],
): readonly EndpointGroup<E>[] {
  const target = failoverTarget(failover, from.region)
  return compacted(groups, 5, ({ locality }) => {
    if ((locality?.region ?? '') !== from.region) return target !== undefined && locality?.region !== target ? 4 : 3
    if ((locality?.zone ?? '') !== from.zone) return 2
    return (locality?.subzone ?? '') === from.subzone ? 0 : 1
  })
}

function failoverTarget(failover: readonly (RegionFailover | null)[], region: string): string | undefined {
  return failover.find((rule) => rule?.from === region)?.to
}

const NETWORK_LABEL = 'topology.istio.io/network'

/** The more of the labels, from the first on, an endpoint shares with the caller, the earlier it is used. */
function byLabels<E extends BalancedEndpoint>(
  groups: readonly EndpointGroup<E>[],
  callerLabels: Readonly<Record<string, string>>,
  priorityLabels: readonly string[],
): readonly EndpointGroup<E>[] {
  if (Object.keys(callerLabels).length === 0 || groups.length === 0) return groups
  const wanted = priorityLabels.map((text): readonly [string, string | undefined] => {
    const [label = '', value, ...more] = text.split('=')
    return [label, value !== undefined && more.length === 0 ? value : callerLabels[label]]
  })
  const split = groups.flatMap((group) => {
    const parts = Map.groupBy(group.endpoints, ({ labels }) => missedFrom(wanted, labels))
    return [...parts]
      .toSorted(([a], [b]) => a - b)
      .map(([priority, endpoints]) => ({
        ...group,
        endpoints,
        priority,
        weight: endpoints.reduce((sum, { weight }) => sum + weight, 0),
      }))
  })
  return compacted(split, 1, () => 0)
}

/** 0 where all labels are as wanted. Another network ranks after everything within the same one. */
function missedFrom(
  wanted: readonly (readonly [string, string | undefined])[],
  labels: Readonly<Record<string, string>>,
): number {
  let otherNetwork = 0
  for (const [index, [label, value]] of wanted.entries()) {
    if ((value ?? '') === (labels[label] ?? '')) continue
    if (index > 0 || label !== NETWORK_LABEL) return wanted.length - index + otherNetwork
    otherNetwork = wanted.length
  }
  return otherNetwork
}

/** Priorities must not have gaps: Envoy would take a gap for a priority without endpoints. */
function compacted<E extends BalancedEndpoint>(
  groups: readonly EndpointGroup<E>[],
  factor: number,
  rank: (group: EndpointGroup<E>) => number,
): readonly EndpointGroup<E>[] {
  const ranks = groups.map((group) => group.priority * factor + rank(group))
  const used = [...new Set(ranks)].toSorted((a, b) => a - b)
  return groups.map((group, index) => ({ ...group, priority: used.indexOf(ranks[index] ?? 0) }))
}
