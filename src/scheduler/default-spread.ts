import { EVERYTHING, LabelMatcher, matcherOfLabels, NOTHING } from '../api/selectors/label-matcher.ts'
import { matcherOfSelector } from '../api/selectors/label-selector.ts'
import { textOf } from './affinity-terms.ts'
import type { Objects } from './objects.ts'
import type { PluginContext } from './plugin.ts'
import type { PodShape } from './pod-shape.ts'
import { type SpreadConstraint, spreadConstraints, SYSTEM_DEFAULT_CONSTRAINTS } from './spread-constraints.ts'

type Action = 'DoNotSchedule' | 'ScheduleAnyway'

interface Known {
  readonly selector: string
  readonly constraints: readonly SpreadConstraint[]
}

const known: Readonly<Record<Action, WeakMap<object, WeakMap<PodShape, Known>>>> = {
  DoNotSchedule: new WeakMap(),
  ScheduleAnyway: new WeakMap(),
}

const NONE: readonly SpreadConstraint[] = []

/**
 * The constraints of a pod that has none of its own: the profile's, over the pods of the same Services and workload.
 * The same array as long as these select the same pods.
 */
export function defaultSpread(shape: PodShape, action: Action, context: PluginContext): readonly SpreadConstraint[] {
  const { args, objects } = context
  const { defaultingType, defaultConstraints } = args.PodTopologySpread
  const chosen = defaultingType === 'System' ? SYSTEM_DEFAULT_CONSTRAINTS : defaultConstraints
  if (!chosen.some(({ whenUnsatisfiable }) => whenUnsatisfiable === action)) return NONE
  const matcher = selectorOf(shape, objects)
  if (matcher.isEmpty) return NONE
  let byShape = known[action].get(chosen)
  if (byShape === undefined) known[action].set(chosen, (byShape = new WeakMap()))
  const selector = textOf(matcher)
  const before = byShape.get(shape)
  if (before?.selector === selector) return before.constraints
  const constraints = spreadConstraints(chosen, shape.labels, action).map((constraint) => ({ ...constraint, matcher }))
  byShape.set(shape, { selector, constraints })
  return constraints
}

/** The pods of the Services that select this pod and of the workload that controls it (helper/spread.go). */
function selectorOf({ namespace, labels, owner }: PodShape, objects: Objects): LabelMatcher {
  let selector: Record<string, string> | undefined
  for (const service of objects.services(namespace)) {
    const selected = service.spec.selector
    if (selected === undefined || !selectsAny(selected, labels)) continue
    selector = { ...selector, ...selected }
  }
  const services = selector === undefined ? EVERYTHING : matcherOfLabels(selector)
  const workload = owner === undefined ? undefined : workloadSelector(namespace, owner, objects)
  if (workload === undefined || workload === EVERYTHING) return services
  if (workload === NOTHING) return workload
  return services.isEmpty ? workload : new LabelMatcher([...services.requirements, ...workload.requirements])
}

function selectsAny(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  let selects = false
  for (const key in selector) {
    if (labels[key] !== selector[key]) return false
    selects = true
  }
  return selects
}

function workloadSelector(
  namespace: string,
  { apiVersion, kind, name }: NonNullable<PodShape['owner']>,
  objects: Objects,
): LabelMatcher | undefined {
  if (apiVersion === 'v1' && kind === 'ReplicationController') {
    const selector = objects.replicationController(namespace, name)?.spec?.selector
    return selector === undefined ? undefined : matcherOfLabels(selector)
  }
  if (apiVersion !== 'apps/v1') return undefined
  if (kind === 'ReplicaSet') return selectorOfSpec(objects.replicaSet(namespace, name)?.spec)
  if (kind === 'StatefulSet') return selectorOfSpec(objects.statefulSet(namespace, name)?.spec)
  return undefined
}

function selectorOfSpec(
  spec: { readonly selector?: Parameters<typeof matcherOfSelector>[0] } | undefined,
): LabelMatcher | undefined {
  return spec?.selector === undefined ? undefined : matcherOfSelector(spec.selector)
}
