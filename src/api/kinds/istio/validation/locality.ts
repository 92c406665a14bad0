import type { OutlierDetection } from './outlier-detection.ts'
import { countOf, error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'

export interface LocalityLoadBalancing {
  readonly distribute?: Maybe<readonly Distribution[]>
  readonly failover?: Maybe<readonly Failover[]>
  readonly failoverPriority?: Maybe<readonly string[]>
}

interface Distribution {
  readonly from?: string
  readonly to?: Maybe<Readonly<Record<string, number>>>
}

interface Failover {
  readonly from?: string
  readonly to?: string
}

/** Labels that say where an endpoint is. */
const TOPOLOGY: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
])

export function* validateLocalityLoadBalancing(
  setting: Maybe<LocalityLoadBalancing>,
  outlier: Maybe<OutlierDetection>,
): Generator<Problem> {
  if (!isGiven(setting)) return
  const { distribute, failover, failoverPriority } = setting
  if (countOf(distribute) > 0 && countOf(failover) > 0) {
    yield error("can not simultaneously specify 'distribute' and 'failover'")
    return
  }
  const topologyLabel = (failoverPriority ?? []).find((label) => TOPOLOGY.has(label))
  if (countOf(failover) > 0 && topologyLabel !== undefined) {
    const both = `'failover' and topology label '${topologyLabel}' in 'failover_priority'`
    yield error(`can not simultaneously set ${both}`)
    return
  }
  for (const { to } of distribute ?? []) {
    const problem = weightsProblem(Object.values(to ?? {}))
    if (problem !== undefined) {
      yield error(problem)
      return
    }
    yield* errorOf(localitiesProblem(Object.keys(to ?? {})))
  }
  yield* errorOf(localitiesProblem((distribute ?? []).map(({ from = '' }) => from)))
  yield* warnOfNoOutliers(setting, outlier)
  yield* validateFailover(failover, {
    same: 'locality lb failover settings must specify different regions',
    zone: 'locality lb failover only specify region',
    wildcard: "locality lb failover region should not contain '*' wildcard",
  })
}

/** Zones within a region take care of themselves here: only the order of regions can be said. */
export function* validateZoneAwareLoadBalancing(
  setting: Maybe<LocalityLoadBalancing>,
  outlier: Maybe<OutlierDetection>,
): Generator<Problem> {
  if (!isGiven(setting)) return
  for (const label of setting.failoverPriority ?? []) {
    if (!TOPOLOGY.has(label)) continue
    const handled = 'region- and zone-level routing are handled automatically'
    yield error(`'failover_priority' for zone aware lb must not use topology label '${label}'; ${handled}`)
  }
  yield* warnOfNoOutliers(setting, outlier)
  yield* validateFailover(setting.failover, {
    same: 'zone aware lb failover settings must specify different regions',
    zone: 'zone aware lb failover only specifies region; zone and subzone failover are handled automatically',
    wildcard: "zone aware lb failover region should not contain '*' wildcard",
  })
}

function* warnOfNoOutliers(
  { failover, failoverPriority }: LocalityLoadBalancing,
  outlier: Maybe<OutlierDetection>,
): Generator<Problem> {
  const failsOver = countOf(failover) > 0 || countOf(failoverPriority) > 0
  if (failsOver && !isGiven(outlier)) yield warning('outlier detection policy must be provided for failover')
}

function* validateFailover(
  failover: Maybe<readonly Failover[]>,
  texts: Readonly<Record<'same' | 'zone' | 'wildcard', string>>,
): Generator<Problem> {
  for (const { from = '', to = '' } of failover ?? []) {
    if (from === to) yield error(texts.same)
    if (`${from}${to}`.includes('/')) yield error(texts.zone)
    if (`${from}${to}`.includes('*')) yield error(texts.wildcard)
  }
}

function weightsProblem(weights: readonly number[]): string | undefined {
  if (weights.some((weight) => weight <= 0 || weight > 100)) return 'locality weight must be in range [1, 100]'
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return total === 100 ? undefined : `total locality weight ${total} != 100`
}

/**
 * Localities are `region/zone/subzone`, cut short or ended by a star where they mean all within. No two of a list may
 * mean the same place; a narrower one may not come after a wider one, though upstream lets it come before.
 */
export function localitiesProblem(localities: readonly string[]): string | undefined {
  const taken = new Set<string>()
  for (const locality of localities) {
    const star = locality.indexOf('*')
    if (star >= 0 && star !== locality.length - 1) {
      return `locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`
    }
    const overlaps = `locality ${locality} overlap with previous specified ones`
    if (taken.has('*')) return overlaps
    const parts = partsOf(locality)
    if (parts.includes('')) return `locality ${locality} must not contain empty region/zone/subzone info`
    if (isTaken(parts, taken)) return overlaps
    take(parts, taken)
  }
  return undefined
}

/** A subzone may have slashes of its own. */
function partsOf(locality: string): readonly string[] {
  const [region = '', zone, ...rest] = locality.split('/')
  if (zone === undefined) return [region]
  return rest.length === 0 ? [region, zone] : [region, zone, rest.join('/')]
}

function isTaken([region = '', zone, subzone]: readonly string[], taken: ReadonlySet<string>): boolean {
  if (zone === undefined) return taken.has(region)
  if (taken.has(`${region}/*`)) return true
  if (subzone === undefined) return taken.has(`${region}/${zone}`)
  return taken.has(`${region}/${zone}/*`) || taken.has(`${region}/${zone}/${subzone}`)
}

/** What is taken as a whole is kept with a star; what is taken in part, without. */
function take([region = '', zone, subzone]: readonly string[], taken: Set<string>): void {
  taken.add(region)
  if (zone === undefined) {
    taken.add(`${region}/*`)
    return
  }
  taken.add(`${region}/${zone}`)
  taken.add(`${region}/${zone}/${subzone ?? '*'}`)
}
