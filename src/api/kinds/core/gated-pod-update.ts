import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import type { NodeSelectorTerm, PodSpec } from '../../types.generated.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'

/** While scheduling gates hold a pod back, the set of nodes that it may run on can still be narrowed. */
export function* validateGatedChanges(spec: PodSpec, old: PodSpec): Generator<Cause> {
  const { nodeSelector = {} } = spec
  const kept = Object.entries(old.nodeSelector ?? {}).every(([name, value]) => nodeSelector[name] === value)
  if (!kept) {
    const rule = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    yield invalidValue('spec.nodeSelector', nodeSelector, rule)
  }
  if (!semanticEqual(spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity)) {
    yield* validateNarrowedTerms(termsOf(spec), termsOf(old))
  }
}

/** The new spec with those changes taken back. */
export function withGatedChangesUndone(spec: PodSpec, old: PodSpec): PodSpec {
  const { nodeSelector: _selector, affinity, ...rest } = spec
  const { nodeAffinity: _affinity, ...others } = affinity ?? {}
  const nodeAffinity = old.affinity?.nodeAffinity
  return {
    ...rest,
    ...(old.nodeSelector === undefined ? {} : { nodeSelector: old.nodeSelector }),
    affinity: nodeAffinity === undefined ? others : { ...others, nodeAffinity },
  }
}

/** pkg/apis/core/validation/validation.go validateNodeAffinityMutation. Terms are alternatives: a further one would widen. */
function* validateNarrowedTerms(
  terms: readonly NodeSelectorTerm[],
  old: readonly NodeSelectorTerm[],
): Generator<Cause> {
  const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  if (old.length > 0 && old.length !== terms.length) {
    yield invalidValue(field, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')
    return
  }
  for (const [index, before] of old.entries()) {
    const term = terms[index]
    if (term !== undefined && addsOnly(term, before)) continue
    yield invalidValue(`${field}[${index}]`, term, 'only additions are allowed (no mutations or deletions)')
  }
}

function addsOnly(term: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  // A term without requirements matches nothing; requirements would widen it.
  if (lists.every((name) => (before[name] ?? []).length === 0)) {
    return lists.every((name) => (term[name] ?? []).length === 0)
  }
  return lists.every((name) => {
    const old = before[name] ?? []
    return semanticEqual((term[name] ?? []).slice(0, old.length), old)
  })
}

function termsOf({ affinity }: PodSpec): readonly NodeSelectorTerm[] {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
}
