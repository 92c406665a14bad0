import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../api/types.generated.ts'

export type NodeMatcher = (node: Node) => boolean

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({})

/** A pod's `nodeSelector` and required node affinity as one question; undefined when it has neither. */
export function requiredNodeMatcher(spec: Pick<PodSpec, 'affinity' | 'nodeSelector'>): NodeMatcher | undefined {
  const labels = Object.entries(spec.nodeSelector ?? {})
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (labels.length === 0 && required === undefined) return undefined
  const terms = required === undefined ? undefined : selectorMatcher(required)
  return (node) => {
    const present = node.metadata.labels ?? NO_LABELS
    for (const [key, value] of labels) if (present[key] !== value) return false
    return terms === undefined || terms(node)
  }
}

/** One of the terms must match. An empty term matches nothing (component-helpers scheduling/corev1/nodeaffinity). */
export function selectorMatcher(selector: NodeSelector): NodeMatcher {
  const terms = selector.nodeSelectorTerms.filter((term) => !isEmptyTerm(term)).map(termMatcher)
  return (node) => terms.some((term) => term(node))
}

export function termMatcher(term: NodeSelectorTerm): NodeMatcher {
  const labels = (term.matchExpressions ?? []).map(requirementMatcher)
  const fields = (term.matchFields ?? []).map(requirementMatcher)
  const keys = (term.matchExpressions ?? []).map(({ key }) => key)
  const fieldKeys = (term.matchFields ?? []).map(({ key }) => key)
  return (node) => {
    const present = node.metadata.labels ?? NO_LABELS
    for (const [index, matches] of labels.entries()) if (!matches(present[keys[index] ?? ''])) return false
    for (const [index, matches] of fields.entries()) {
      if (!matches(fieldKeys[index] === 'metadata.name' ? node.metadata.name : undefined)) return false
    }
    return true
  }
}

export function isEmptyTerm(term: NodeSelectorTerm): boolean {
  return (term.matchExpressions?.length ?? 0) === 0 && (term.matchFields?.length ?? 0) === 0
}

/**
 * The only nodes that could match, when every term names nodes by `metadata.name`; undefined when any node could.
 * Terms are alternatives; the fields of one term must all hold.
 */
export function namedNodes(selector: NodeSelector | undefined): ReadonlySet<string> | undefined {
  if (selector === undefined || selector.nodeSelectorTerms.length === 0) return undefined
  const union = new Set<string>()
  for (const { matchFields = [] } of selector.nodeSelectorTerms) {
    let names: Set<string> | undefined
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue
      const before: ReadonlySet<string> | undefined = names
      names = new Set(before === undefined ? values : values.filter((name) => before.has(name)))
    }
    if (names === undefined) return undefined
    for (const name of names) union.add(name)
  }
  return union
}

function requirementMatcher({
  operator,
  values = [],
}: NodeSelectorRequirement): (value: string | undefined) => boolean {
  const [only] = values
  switch (operator) {
    case 'In':
      return (value) => value !== undefined && values.includes(value)
    case 'NotIn':
      return (value) => value === undefined || !values.includes(value)
    case 'Exists':
      return (value) => value !== undefined
    case 'DoesNotExist':
      return (value) => value === undefined
    case 'Gt':
      return (value) => compareIntegers(value, only) === 1
    case 'Lt':
      return (value) => compareIntegers(value, only) === -1
    default:
      return () => false
  }
}

const INTEGER = /^[+-]?\d+$/

function compareIntegers(left: string | undefined, right: string | undefined): number | undefined {
  if (left === undefined || right === undefined || !INTEGER.test(left) || !INTEGER.test(right)) return undefined
  const difference = BigInt(left) - BigInt(right)
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}
