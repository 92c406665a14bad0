import type { Kind } from '../../../api/kind.ts'
import type { ApiObject } from '../../../api/object.ts'
import { quantityMilli } from '../../../api/quantity-cache.ts'
import type { ExposedFamily, ExposedMetric } from '../../exposition/exposed-family.ts'

/** Labels beside those that name the object, and a number. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** One metric of the objects of a kind (kubernetes/kube-state-metrics docs/metrics). */
export interface ObjectMetric<T extends ApiObject> {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  samples(object: T): Iterable<Sample>
}

/** What is told of the objects of one kind. */
export interface KindMetrics<T extends ApiObject = ApiObject> {
  readonly kind: Kind<T>
  /** The labels that name an object. */
  identity(object: T): Readonly<Record<string, string>>
  readonly metrics: readonly ObjectMetric<T>[]
}

export function kindMetrics<T extends ApiObject>(metrics: KindMetrics<T>): KindMetrics {
  return metrics as unknown as KindMetrics
}

export function gauge<T extends ApiObject>(
  name: string,
  help: string,
  samples: (object: T) => Iterable<Sample>,
): ObjectMetric<T> {
  return { name, help, type: 'gauge', samples }
}

/** A number that may not be there: then there is no sample. */
export function numberOf<T extends ApiObject>(
  name: string,
  help: string,
  value: (object: T) => number | undefined,
): ObjectMetric<T> {
  return gauge(name, help, (object) => only(value(object)))
}

/** A time as seconds since the epoch; no sample while there is none. */
export function timeOf<T extends ApiObject>(
  name: string,
  help: string,
  time: (object: T) => string | null | undefined,
): ObjectMetric<T> {
  return gauge(name, help, (object) => only(secondsOf(time(object))))
}

/** Always 1: what counts is in the labels. */
export function infoOf<T extends ApiObject>(
  name: string,
  help: string,
  labels: (object: T) => Readonly<Record<string, string | undefined>>,
): ObjectMetric<T> {
  return gauge(name, help, (object) => [[texts(labels(object)), 1]])
}

/** One sample for each possible state: 1 for the present one, 0 for the others. */
export function stateOf<T extends ApiObject>(
  name: string,
  help: string,
  about: { readonly label: string; readonly states: readonly string[]; state(object: T): string | undefined },
): ObjectMetric<T> {
  const { label, states, state } = about
  return gauge(name, help, (object) => {
    const present = state(object)
    return present === undefined ? [] : states.map((one): Sample => [{ [label]: one }, one === present ? 1 : 0])
  })
}

/** Each condition with each status that it could have. */
export function conditionSamples(
  conditions: readonly { readonly type: string; readonly status: string }[] = [],
): readonly Sample[] {
  return conditions.flatMap(({ type, status }) =>
    STATUSES.map((one): Sample => [{ condition: type, status: one }, one === status.toLowerCase() ? 1 : 0]),
  )
}

/** By the owner of each object; its labels are empty for those without. */
export function ownerOf<T extends ApiObject>(name: string, help: string): ObjectMetric<T> {
  return gauge(name, help, ({ metadata }) => {
    const owners = metadata.ownerReferences ?? []
    if (owners.length === 0) return [[{ owner_kind: '', owner_name: '', owner_is_controller: '' }, 1]]
    return owners.map(({ kind, name: owner, controller }): Sample => [
      { owner_kind: kind, owner_name: owner, owner_is_controller: String(controller === true) },
      1,
    ])
  })
}

/** Amounts of resources with their units. */
export function* resourceSamples(
  amounts: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): Generator<Sample> {
  for (const [name, amount] of Object.entries(amounts)) {
    const resource = name.replaceAll(/[^a-zA-Z0-9_]/g, '_')
    yield [{ ...labels, resource, unit: unitOf(name) }, quantityMilli(amount) / 1_000]
  }
}

export function secondsOf(time: string | null | undefined): number | undefined {
  return time === undefined || time === null ? undefined : Math.floor(Date.parse(time) / 1_000)
}

export function only(value: number | undefined, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
  return value === undefined ? [] : [[labels, value]]
}

export function flag(value: boolean | undefined): number {
  return value === true ? 1 : 0
}

/** One family of all objects of a kind. */
export function familyOf<T extends ApiObject>(
  { name, help, type, samples }: ObjectMetric<T>,
  objects: Iterable<T>,
  identity: (object: T) => Readonly<Record<string, string>>,
): ExposedFamily {
  const metrics: ExposedMetric[] = []
  for (const object of objects) {
    const named = Object.entries(identity(object))
    for (const [labels, value] of samples(object)) {
      metrics.push({ labels: [...named, ...Object.entries(labels)], value: { kind: 'number', value } })
    }
  }
  return { name, help, type, metrics }
}

const STATUSES = ['true', 'false', 'unknown'] as const

/** kubernetes/kube-state-metrics pkg/constant/unit.go, and how internal/store uses it. */
function unitOf(resource: string): string {
  if (resource === 'cpu') return 'core'
  const isBytes = resource === 'memory' || resource.endsWith('storage') || resource.startsWith('hugepages-')
  return isBytes ? 'byte' : 'integer'
}

function texts(labels: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value ?? '']))
}
