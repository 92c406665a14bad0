import { quantityMilli, quantityValue } from '../../api/quantity-cache.ts'
import type { Node } from '../../api/types.generated.ts'
import { defaultSpread } from '../default-spread.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PluginContext } from '../plugin.ts'
import { untoleratedTaint } from '../taints.ts'
import type { Change } from './changes.ts'

interface NodeChange {
  readonly old: Node | undefined
  readonly now: Node | undefined
}

function nodesOf({ old, now }: Change): NodeChange {
  return { old: asNode(old), now: asNode(now) }
}

function asNode(value: Change['now']): Node | undefined {
  return value !== undefined && 'kind' in value && value.kind === 'Node' ? (value as Node) : undefined
}

export function isSchedulable(_waiting: PodInfo, change: Change): boolean {
  const { now } = nodesOf(change)
  return now !== undefined && now.spec?.unschedulable !== true
}

export function isNamed({ pod }: PodInfo, change: Change): boolean {
  const wanted = pod.spec.nodeName ?? ''
  return wanted === '' || nodesOf(change).now?.metadata.name === wanted
}

export function isTolerableNow({ shape }: PodInfo, change: Change): boolean {
  const { old, now } = nodesOf(change)
  const isTolerable = (node: Node): boolean => untoleratedTaint(node.spec?.taints, shape.tolerations) === undefined
  return now !== undefined && isTolerable(now) && (old === undefined || !isTolerable(old))
}

export function matchesNow({ shape: { requiredNode } }: PodInfo, change: Change): boolean {
  const { old, now } = nodesOf(change)
  if (now === undefined) return false
  if (requiredNode === undefined) return true
  return requiredNode(now) && (old === undefined || !requiredNode(old))
}

/** The node alone is large enough, and has more than before of something that the pod wants. */
export function hasRoomNow({ resources }: PodInfo, change: Change): boolean {
  const { old, now } = nodesOf(change)
  if (now === undefined) return false
  const has = (node: Node, name: string): number => {
    const text = node.status?.allocatable?.[name] ?? '0'
    return name === 'cpu' ? quantityMilli(text) : quantityValue(text)
  }
  const wanted: [string, number][] = [
    ['cpu', resources.milliCpu],
    ['memory', resources.memory],
    ['ephemeral-storage', resources.ephemeralStorage],
    ...resources.scalars,
  ]
  if (has(now, 'pods') < 1 || wanted.some(([name, amount]) => amount > has(now, name))) return false
  if (old === undefined || has(now, 'pods') > has(old, 'pods')) return true
  return wanted.some(([name, amount]) => amount > 0 && has(now, name) > has(old, name))
}

/** A node with all topology keys of the pod's constraints came, went, or was or became one. */
export function isDomain({ shape }: PodInfo, change: Change, context: PluginContext): boolean {
  const { old, now } = nodesOf(change)
  const own = (shape.spec.topologySpreadConstraints?.length ?? 0) > 0
  const constraints = own ? shape.hardSpread : defaultSpread(shape, 'DoNotSchedule', context)
  const values = (node: Node | undefined): (string | undefined)[] =>
    constraints.map(({ topologyKey }) => node?.metadata.labels?.[topologyKey])
  const before = values(old)
  const after = values(now)
  const isOne = (list: (string | undefined)[]): boolean => list.every((value) => value !== undefined)
  if (old !== undefined && now !== undefined) {
    const same = before.every((value, index) => value === after[index])
    return change.event === 'Node/UpdateTaint' ? isOne(after) : !same && (isOne(before) || isOne(after))
  }
  return isOne(old === undefined ? after : before)
}

export function hasAffinityKey({ shape: { affinity } }: PodInfo, change: Change): boolean {
  const labels = nodesOf(change).now?.metadata.labels ?? {}
  const terms = [...affinity.requiredAffinity, ...affinity.requiredAntiAffinity]
  return terms.some(({ topologyKey }) => labels[topologyKey] !== undefined)
}
