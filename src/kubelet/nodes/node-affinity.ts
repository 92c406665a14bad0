import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../api/types.generated.ts'
import { compileRequirement, type LabelOperator } from '../../api/selectors/requirement.ts'

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

/** Whether a pod's node selector and required node affinity let it run on a node. */
export function fitsNode({ nodeSelector, affinity }: PodSpec, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {}
  if (nodeSelector !== undefined) {
    for (const [key, value] of Object.entries(nodeSelector)) if (labels[key] !== value) return false
  }
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required === undefined) return true
  return required.nodeSelectorTerms.some((term) => matchesTerm(term, { labels, name: metadata.name }))
}

/** A term without any requirement matches nothing. */
function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { labels, name }: { labels: Readonly<Record<string, string>>; name: string },
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => matches(requirement, labels)) &&
    matchFields.every((requirement) => matches(requirement, { 'metadata.name': name }))
  )
}

function matches(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const known = OPERATORS[operator]
  return known !== undefined && compileRequirement({ key, operator: known, values })(labels)
}
