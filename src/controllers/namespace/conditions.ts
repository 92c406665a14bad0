import type { Kind } from '../../api/kind.ts'
import type { NamespaceCondition } from '../../api/types.generated.ts'

/** How many objects of one kind are still in a namespace, and how many of them each finalizer holds. */
export interface Remaining {
  readonly kind: Pick<Kind, 'group' | 'plural'>
  readonly count: number
  readonly finalizers: ReadonlyMap<string, number>
}

/** What an attempt to empty a namespace came to. */
export interface Attempt {
  readonly remaining: readonly Remaining[]
  /** What could not be deleted, and why. */
  readonly failures: readonly string[]
}

/**
 * What a namespace says of its deletion, in upstream's words (k8s.io/kubernetes
 * pkg/controller/namespace/deletion/status_condition_utils.go). The same array when nothing changed.
 */
export function conditionsOf(
  present: readonly NamespaceCondition[],
  { remaining, failures }: Attempt,
  now: string,
): readonly NamespaceCondition[] {
  const wanted = [
    verdict('NamespaceDeletionDiscoveryFailure', undefined, [
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ]),
    verdict('NamespaceDeletionGroupVersionParsingFailure', undefined, [
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ]),
    verdict('NamespaceDeletionContentFailure', deletionFailed(failures), [
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ]),
    verdict('NamespaceContentRemaining', contentLeft(remaining), [
      'ContentRemoved',
      'All content successfully removed',
    ]),
    verdict('NamespaceFinalizersRemaining', finalizersLeft(remaining), [
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    ]),
  ]
  const merged = wanted.map(({ type, status, reason, message }) => {
    const before = present.find((one) => one.type === type)
    if (before?.status === status && before.reason === reason && before.message === message) return before
    const since = before?.status === status ? before.lastTransitionTime : now
    return { type, status, reason, message, ...(since === undefined ? {} : { lastTransitionTime: since }) }
  })
  const types = new Set(wanted.map(({ type }) => type))
  const all = [...present.filter(({ type }) => !types.has(type)), ...merged]
  const isSame = present.length === all.length && all.every((one) => present.includes(one))
  return isSame ? present : all
}

type Words = readonly [reason: string, message: string]

function verdict(
  type: string,
  failure: Words | undefined,
  success: Words,
): Omit<Required<NamespaceCondition>, 'lastTransitionTime'> {
  const [reason, message] = failure ?? success
  return { type, status: failure === undefined ? 'False' : 'True', reason, message }
}

function deletionFailed(failures: readonly string[]): Words | undefined {
  if (failures.length === 0) return undefined
  const list = failures.toSorted().join(', ')
  return ['ContentDeletionFailed', `Failed to delete all resource types, ${failures.length} remaining: ${list}`]
}

function contentLeft(remaining: readonly Remaining[]): Words | undefined {
  if (remaining.length === 0) return undefined
  const parts = remaining.map(({ kind, count }) => `${kind.plural}.${kind.group} has ${count} resource instances`)
  return ['SomeResourcesRemain', `Some resources are remaining: ${parts.toSorted().join(', ')}`]
}

function finalizersLeft(remaining: readonly Remaining[]): Words | undefined {
  const counts = new Map<string, number>()
  for (const [finalizer, count] of remaining.flatMap(({ finalizers }) => [...finalizers])) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + count)
  }
  if (counts.size === 0) return undefined
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
  return [
    'SomeFinalizersRemain',
    `Some content in the namespace has finalizers remaining: ${parts.toSorted().join(', ')}`,
  ]
}
