import type { Node } from '../../api/kinds/core/node.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../api/types.generated.ts'

/** Whether a node is one that a pod insists on: its node selector and its required node affinity. */
export function fitsAffinity(node: Node, { nodeSelector, affinity }: PodSpec): boolean {
  const { labels = {} } = node.metadata
  for (const key in nodeSelector) if (labels[key] !== nodeSelector[key]) return false
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || fitsAnyTerm(node, required)
}

/** Terms are alternatives; one without conditions stands for no node at all. */
function fitsAnyTerm(node: Node, { nodeSelectorTerms }: NodeSelector): boolean {
  return nodeSelectorTerms.some((term) => fitsTerm(node, term))
}

function fitsTerm({ metadata }: Node, { matchExpressions = [], matchFields = [] }: NodeSelectorTerm): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => holds(requirement, metadata.labels?.[requirement.key])) &&
    matchFields.every((requirement) =>
      holds(requirement, requirement.key === 'metadata.name' ? metadata.name : undefined),
    )
  )
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0])
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0])
    default:
      return false
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^-?[0-9]+$/.test(text)
}
