import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { NamespaceCondition } from '../../api/types.generated.ts'

/** Objects of one kind that are still in a namespace. */
export interface Remaining {
  readonly kind: Kind
  readonly objects: readonly ApiObject[]
}

/**
 * What a namespace says of its deletion, in upstream's words (k8s.io/kubernetes
 * pkg/controller/namespace/deletion/status_condition_utils.go). The same array when nothing changed.
 */
export function conditionsOf(
  present: readonly NamespaceCondition[],
  remaining: readonly Remaining[],
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
    verdict('NamespaceDeletionContentFailure', undefined, [
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
  const isSame = present.length === merged.length && merged.every((one, index) => one === present[index])
  return isSame ? present : merged
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

function contentLeft(remaining: readonly Remaining[]): Words | undefined {
  if (remaining.length === 0) return undefined
  const parts = remaining.map(({ kind, objects }) => {
    const name = kind.group === '' ? `${kind.plural}.` : `${kind.plural}.${kind.group}`
    return `${name} has ${objects.length} resource instances`
  })
  return ['SomeResourcesRemain', `Some resources are remaining: ${parts.toSorted().join(', ')}`]
}

function finalizersLeft(remaining: readonly Remaining[]): Words | undefined {
  const counts = new Map<string, number>()
  for (const { objects } of remaining) {
    for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1)
    }
  }
  if (counts.size === 0) return undefined
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
  return [
    'SomeFinalizersRemain',
    `Some content in the namespace has finalizers remaining: ${parts.toSorted().join(', ')}`,
  ]
}
