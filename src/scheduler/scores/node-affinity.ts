import { isEmptyTerm, termMatcher, type NodeMatcher } from '../node-selector.ts'
import { normalizeToMax, type PluginContext, type ScorePlugin } from '../plugin.ts'

/** Prefers nodes that match more of the pod's preferred terms, by weight. */
export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  isLocal: true,
  prepare({ shape }, context) {
    const terms = [...shape.preferredNodes, ...addedTerms(context)]
    if (terms.length === 0) return undefined
    return {
      score(row) {
        const { node } = context.cluster.nodeAt(row)
        let sum = 0
        for (const { weight, matches } of terms) if (matches(node)) sum += weight
        return sum
      },
      normalize: (scores) => normalizeToMax(scores, false),
    }
  },
}

function addedTerms({ args }: PluginContext): { weight: number; matches: NodeMatcher }[] {
  const preferred = args.NodeAffinity.addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return preferred
    .filter(({ weight, preference }) => weight !== 0 && !isEmptyTerm(preference))
    .map(({ weight, preference }) => ({ weight, matches: termMatcher(preference) }))
}
