import { quantityMilli, quantityValue } from '../../src/api/quantity-cache.ts'
import type {
  LabelSelector,
  Node,
  Pod,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '../../src/api/types.generated.ts'

/**
 * The rules of the default profile once more, as plainly as can be: no memory, no counters, every pod of every node
 * looked at each time. Slow, and there to be compared with.
 */
export interface Verdict {
  readonly node: string
  /** The first rule that refuses the node. */
  readonly refusal: string | undefined
  readonly total: number
}

export interface World {
  readonly nodes: readonly Node[]
  /** Those with a node. */
  readonly pods: readonly Pod[]
  readonly namespaces: Readonly<Record<string, Labels>>
}

type Labels = Readonly<Record<string, string>>

export function judge(pod: Pod, world: World): Verdict[] {
  const refusals = new Map(world.nodes.map((node) => [node, refusal(pod, node, world)]))
  const feasible = world.nodes.filter((node) => refusals.get(node) === undefined)
  const totals = new Map<Node, number>(feasible.map((node) => [node, 0]))
  const add = (weight: number, scores: readonly number[]): void => {
    for (const [index, node] of feasible.entries()) {
      totals.set(node, (totals.get(node) ?? 0) + weight * (scores[index] ?? 0))
    }
  }
  if (feasible.length > 0) {
    add(
      3,
      toMax(
        feasible.map((node) => intolerable(pod, node)),
        true,
      ),
    )
    add(
      2,
      toMax(
        feasible.map((node) => preference(pod, node)),
        false,
      ),
    )
    add(
      1,
      feasible.map((node) => leastAllocated(pod, node, world)),
    )
    add(2, spreadScores(pod, feasible, world))
    add(2, affinityScores(pod, feasible, world))
    add(
      1,
      feasible.map((node) => balance(pod, node, world)),
    )
  }
  return world.nodes.map((node) => ({
    node: node.metadata.name,
    refusal: refusals.get(node),
    total: totals.get(node) ?? 0,
  }))
}

function refusal(pod: Pod, node: Node, world: World): string | undefined {
  if (node.spec?.unschedulable === true && !tolerates(pod, 'node.kubernetes.io/unschedulable', '', 'NoSchedule')) {
    return 'node(s) were unschedulable'
  }
  for (const { key, value = '', effect } of node.spec?.taints ?? []) {
    if (effect !== 'PreferNoSchedule' && !tolerates(pod, key, value, effect)) return 'node(s) had untolerated taint(s)'
  }
  if (!matchesNode(pod, node)) return "node(s) didn't match Pod's node affinity/selector"
  const here = podsOn(node, world)
  const used = here.flatMap(hostPorts)
  if (hostPorts(pod).some((port) => used.includes(port))) {
    return "node(s) didn't have free ports for the requested pod ports"
  }
  const lacks = shortages(pod, node, here)
  if (lacks !== '') return lacks
  return spreadRefusal(pod, node, world) ?? affinityRefusal(pod, node, world)
}

function podsOn(node: Node, world: World): Pod[] {
  return world.pods.filter((pod) => pod.spec.nodeName === node.metadata.name)
}

function tolerates(pod: Pod, key: string, value: string, effect: string): boolean {
  return (pod.spec.tolerations ?? []).some(
    (toleration) =>
      (toleration.effect === undefined || toleration.effect === effect) &&
      (toleration.key === undefined || toleration.key === key) &&
      (toleration.operator === 'Exists' || (toleration.value ?? '') === value),
  )
}

function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) if (labels[key] !== value) return false
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return terms === undefined || terms.some(({ matchExpressions }) => holds(matchExpressions, labels))
}

function holds(
  expressions: readonly { key: string; operator: string; values?: readonly string[] }[] | undefined,
  labels: Labels,
): boolean {
  return (expressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key]
    if (operator === 'In') return value !== undefined && values.includes(value)
    if (operator === 'NotIn') return value === undefined || !values.includes(value)
    return operator === 'Exists' ? value !== undefined : value === undefined
  })
}

function hostPorts({ spec }: Pod): number[] {
  return spec.containers.flatMap(({ ports = [] }) => ports.flatMap(({ hostPort }) => hostPort ?? []))
}

function request({ spec }: Pod, name: string): number {
  return spec.containers.reduce((sum, { resources }) => sum + amount(name, resources?.requests?.[name]), 0)
}

function nonZero({ spec }: Pod, name: 'cpu' | 'memory'): number {
  const fallback = name === 'cpu' ? '100m' : '200Mi'
  return spec.containers.reduce((sum, { resources }) => sum + amount(name, resources?.requests?.[name] ?? fallback), 0)
}

function amount(name: string, text = '0'): number {
  return name === 'cpu' ? quantityMilli(text) : quantityValue(text)
}

function allocatable({ status }: Node, name: string): number {
  return amount(name, status?.allocatable?.[name])
}

function shortages(pod: Pod, node: Node, here: readonly Pod[]): string {
  const lacks: string[] = []
  if (here.length + 1 > allocatable(node, 'pods')) lacks.push('Too many pods')
  for (const name of ['cpu', 'memory', 'example.com/gpu']) {
    const wanted = request(pod, name)
    const used = here.reduce((sum, other) => sum + request(other, name), 0)
    if (wanted > 0 && wanted > allocatable(node, name) - used) lacks.push(`Insufficient ${name}`)
  }
  return lacks.join(',')
}

function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false
  return holds(selector.matchExpressions, labels)
}

function labelsOf({ metadata }: Pod): Labels {
  return metadata.labels ?? {}
}

function countsFor(pod: Pod, { labelSelector }: TopologySpreadConstraint, node: Node, world: World): number {
  return podsOn(node, world).filter(
    (other) =>
      other.metadata.deletionTimestamp === undefined &&
      other.metadata.namespace === pod.metadata.namespace &&
      selects(labelSelector, labelsOf(other)),
  ).length
}

function constraintsOf(pod: Pod, action: string): TopologySpreadConstraint[] {
  return (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
}

function isIncluded(pod: Pod, constraint: TopologySpreadConstraint, node: Node): boolean {
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !matchesNode(pod, node)) return false
  if (constraint.nodeTaintsPolicy !== 'Honor') return true
  return (node.spec?.taints ?? []).every(
    ({ key, value = '', effect }) => effect === 'PreferNoSchedule' || tolerates(pod, key, value, effect),
  )
}

function hasKeys(node: Node, constraints: readonly TopologySpreadConstraint[]): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined)
}

function domainCounts(
  pod: Pod,
  constraint: TopologySpreadConstraint,
  nodes: readonly Node[],
  world: World,
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of nodes) {
    if (!isIncluded(pod, constraint, node)) continue
    const value = node.metadata.labels?.[constraint.topologyKey] ?? ''
    counts.set(value, (counts.get(value) ?? 0) + countsFor(pod, constraint, node, world))
  }
  return counts
}

function spreadRefusal(pod: Pod, node: Node, world: World): string | undefined {
  const constraints = constraintsOf(pod, 'DoNotSchedule')
  const eligible = world.nodes.filter((other) => hasKeys(other, constraints))
  for (const constraint of constraints) {
    const value = node.metadata.labels?.[constraint.topologyKey]
    if (value === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)"
    const counts = domainCounts(pod, constraint, eligible, world)
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values())
    const self = selects(constraint.labelSelector, labelsOf(pod)) ? 1 : 0
    if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) {
      return "node(s) didn't match pod topology spread constraints"
    }
  }
  return undefined
}

function isAbout(term: PodAffinityTerm, owner: Pod, pod: Pod, world: World): boolean {
  const named = term.namespaces ?? []
  const own = named.length === 0 && term.namespaceSelector === undefined ? [owner.metadata.namespace ?? ''] : named
  const namespace = pod.metadata.namespace ?? ''
  const inNamespace = own.includes(namespace) || selects(term.namespaceSelector, world.namespaces[namespace] ?? {})
  return inNamespace && selects(term.labelSelector, labelsOf(pod))
}

function nodeOf(pod: Pod, world: World): Node | undefined {
  return world.nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName)
}

function shares(a: Node, b: Node | undefined, key: string): boolean {
  const value = a.metadata.labels?.[key]
  return value !== undefined && value === b?.metadata.labels?.[key]
}

function affinityRefusal(pod: Pod, node: Node, world: World): string | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const friends = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const placed = world.pods.filter((other) => nodeOf(other, world) !== undefined)
  const all = placed.filter((other) => friends.every((term) => isAbout(term, pod, other, world)))
  const hasAllKeys = friends.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined)
  const near = friends.every((term) => all.some((other) => shares(node, nodeOf(other, world), term.topologyKey)))
  const labelled = all.some((other) =>
    friends.some(({ topologyKey }) => nodeOf(other, world)?.metadata.labels?.[topologyKey] !== undefined),
  )
  const isFirst = !labelled && friends.every((term) => isAbout(term, pod, pod, world))
  if (friends.length > 0 && (!hasAllKeys || (!near && !isFirst))) return "node(s) didn't match pod affinity rules"
  for (const term of podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    const foes = placed.filter((other) => isAbout(term, pod, other, world))
    if (foes.some((other) => shares(node, nodeOf(other, world), term.topologyKey))) {
      return "node(s) didn't match pod anti-affinity rules"
    }
  }
  for (const other of placed) {
    for (const term of other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (isAbout(term, other, pod, world) && shares(node, nodeOf(other, world), term.topologyKey)) {
        return "node(s) didn't satisfy existing pods anti-affinity rules"
      }
    }
  }
  return undefined
}

function toMax(scores: readonly number[], reverse: boolean): number[] {
  const max = Math.max(0, ...scores)
  if (max === 0) return scores.map(() => (reverse ? 100 : 0))
  return scores.map((score) => {
    const scaled = Math.trunc((100 * score) / max)
    return reverse ? 100 - scaled : scaled
  })
}

function intolerable(pod: Pod, node: Node): number {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'PreferNoSchedule')
  return taints.filter(({ key, value = '', effect }) => !tolerates(pod, key, value, effect)).length
}

function preference(pod: Pod, node: Node): number {
  const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return terms
    .filter(({ preference: { matchExpressions } }) => holds(matchExpressions, node.metadata.labels ?? {}))
    .reduce((sum, { weight }) => sum + weight, 0)
}

function leastAllocated(pod: Pod, node: Node, world: World): number {
  let sum = 0
  let count = 0
  for (const name of ['cpu', 'memory'] as const) {
    const total = allocatable(node, name)
    if (total === 0) continue
    const used = [pod, ...podsOn(node, world)].reduce((all, other) => all + nonZero(other, name), 0)
    sum += used > total ? 0 : Math.trunc(((total - used) * 100) / total)
    count++
  }
  return count === 0 ? 0 : Math.trunc(sum / count)
}

function balance(pod: Pod, node: Node, world: World): number {
  const names = ['cpu', 'memory'] as const
  if (names.every((name) => request(pod, name) === 0)) return 0
  const fractions = names
    .filter((name) => allocatable(node, name) > 0)
    .map((name) => {
      const used = [pod, ...podsOn(node, world)].reduce((all, other) => all + request(other, name), 0)
      return Math.min(1, used / allocatable(node, name))
    })
  const [a = 0, b = 0] = fractions
  return Math.trunc((1 - (fractions.length === 2 ? Math.abs((a - b) / 2) : 0)) * 100)
}

function spreadScores(pod: Pod, nodes: readonly Node[], world: World): number[] {
  const constraints = constraintsOf(pod, 'ScheduleAnyway')
  if (constraints.length === 0) return nodes.map(() => 0)
  const scored = nodes.filter((node) => hasKeys(node, constraints))
  const eligible = world.nodes.filter((node) => hasKeys(node, constraints))
  const raw = nodes.map((node) => {
    if (!scored.includes(node)) return undefined
    const sum = constraints.reduce((all, constraint) => {
      const { topologyKey, maxSkew } = constraint
      const isHostname = topologyKey === 'kubernetes.io/hostname'
      const values = new Set(scored.map((other) => other.metadata.labels?.[topologyKey]))
      const weight = Math.log((isHostname ? scored.length : values.size) + 2)
      const counts = domainCounts(pod, constraint, eligible, world)
      const count = isHostname
        ? countsFor(pod, constraint, node, world)
        : (counts.get(node.metadata.labels?.[topologyKey] ?? '') ?? 0)
      return all + count * weight + (maxSkew - 1)
    }, 0)
    return Math.round(sum)
  })
  const known = raw.filter((score) => score !== undefined)
  const most = Math.max(0, ...known)
  const least = Math.min(...known)
  return raw.map((score) => {
    if (score === undefined) return 0
    return most === 0 ? 100 : Math.trunc((100 * (most + least - score)) / most)
  })
}

function affinityScores(pod: Pod, nodes: readonly Node[], world: World): number[] {
  const raw = nodes.map((node) => {
    let sum = 0
    for (const other of world.pods) {
      const at = nodeOf(other, world)
      const add = (term: PodAffinityTerm, owner: Pod, subject: Pod, weight: number): void => {
        if (isAbout(term, owner, subject, world) && shares(node, at, term.topologyKey)) sum += weight
      }
      const own = pod.spec.affinity
      const theirs = other.spec.affinity
      for (const { podAffinityTerm, weight } of preferred(own?.podAffinity)) add(podAffinityTerm, pod, other, weight)
      for (const { podAffinityTerm, weight } of preferred(own?.podAntiAffinity))
        add(podAffinityTerm, pod, other, -weight)
      for (const { podAffinityTerm, weight } of preferred(theirs?.podAffinity)) add(podAffinityTerm, other, pod, weight)
      for (const { podAffinityTerm, weight } of preferred(theirs?.podAntiAffinity))
        add(podAffinityTerm, other, pod, -weight)
      for (const term of theirs?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
        add(term, other, pod, 1)
    }
    return sum
  })
  const range = Math.max(...raw) - Math.min(...raw)
  return raw.map((score) => (range > 0 ? Math.trunc(100 * ((score - Math.min(...raw)) / range)) : 0))
}

function preferred(affinity: NonNullable<Pod['spec']['affinity']>['podAffinity']) {
  return affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
}
