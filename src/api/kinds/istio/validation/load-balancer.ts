import { durationProblem } from './durations.ts'
import {
  type LocalityLoadBalancing,
  validateLocalityLoadBalancing,
  validateZoneAwareLoadBalancing,
} from './locality.ts'
import type { OutlierDetection } from './outlier-detection.ts'
import { error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'

export interface LoadBalancer {
  readonly consistentHash?: Maybe<ConsistentHash>
  readonly localityLbSetting?: Maybe<LocalityLoadBalancing>
  readonly zoneAwareLbSetting?: Maybe<LocalityLoadBalancing>
  readonly warmup?: Maybe<Warmup>
}

interface ConsistentHash {
  readonly httpCookie?: Maybe<Cookie>
  readonly minimumRingSize?: number
  readonly ringHash?: Maybe<object>
  readonly maglev?: Maybe<{ readonly tableSize?: number }>
}

interface Cookie {
  readonly name?: string
  readonly attributes?: Maybe<readonly { readonly name?: string }[]>
}

interface Warmup {
  readonly duration?: string
  readonly minimumPercent?: number
  readonly aggression?: number
}

const TABLE_SIZE_LIMIT = 5_000_011

export function* validateLoadBalancer(
  balancer: Maybe<LoadBalancer>,
  outlier: Maybe<OutlierDetection>,
): Generator<Problem> {
  if (!isGiven(balancer)) return
  const { consistentHash, localityLbSetting, zoneAwareLbSetting, warmup } = balancer
  if (isGiven(consistentHash)) yield* validateConsistentHash(consistentHash)
  if (isGiven(localityLbSetting) && isGiven(zoneAwareLbSetting)) {
    yield error('only one of localityLbSetting and zoneAwareLbSetting can be set')
  }
  yield* validateLocalityLoadBalancing(localityLbSetting, outlier)
  yield* validateZoneAwareLoadBalancing(zoneAwareLbSetting, outlier)
  if (isGiven(warmup)) yield* validateWarmup(warmup)
}

function* validateConsistentHash(hash: ConsistentHash): Generator<Problem> {
  const { httpCookie, minimumRingSize = 0, ringHash, maglev } = hash
  if (isGiven(httpCookie)) yield* validateCookie(httpCookie)
  if (minimumRingSize !== 0) {
    const instead = "use ConsistentHashLB's RingHash configuration instead"
    yield warning(`consistent hash MinimumRingSize is deprecated, ${instead}`)
    if (isGiven(ringHash) || isGiven(maglev)) {
      yield error('only one of MinimumRingSize or Maglev/Ringhash can be specified')
    }
  }
  if (!isGiven(maglev)) return
  const { tableSize = 0 } = maglev
  if (tableSize === 0) yield error('tableSize must be set for maglev')
  if (tableSize >= TABLE_SIZE_LIMIT) yield error(`tableSize must be less than ${TABLE_SIZE_LIMIT} for maglev`)
  if (!isPrime(tableSize)) yield error('tableSize must be a prime number for maglev')
}

function* validateCookie({ name = '', attributes }: Cookie): Generator<Problem> {
  if (name === '') yield error('name required for HttpCookie')
  const seen = new Set<string>()
  for (const { name: attribute = '' } of attributes ?? []) {
    if (attribute === '') yield error('cookie attribute name cannot be empty')
    else if (seen.has(attribute)) yield error(`duplicate cookie attribute name: ${attribute}`)
    else seen.add(attribute)
  }
}

function* validateWarmup({ duration, minimumPercent = 0, aggression }: Warmup): Generator<Problem> {
  yield* errorOf(isGiven(duration) ? durationProblem(duration) : 'duration is required')
  if (minimumPercent > 100) yield error('minimumPercent value should be less than or equal to 100')
  if (isGiven(aggression) && aggression <= 0) yield error('aggression should be greater than 0')
}

/** Envoy's own test, by which one is prime. */
function isPrime(value: number): boolean {
  if (value !== 0 && value < 4) return true
  if (value % 2 === 0) return false
  const limit = Math.floor(Math.sqrt(value))
  for (let factor = 3; factor <= limit; factor += 2) if (value % factor === 0) return false
  return true
}
