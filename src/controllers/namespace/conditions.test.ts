import { describe, expect, test } from 'vitest'
import { conditionsOf, type Remaining } from './conditions.ts'

const NOW = '2026-01-01T00:00:10Z'
const LATER = '2026-01-01T00:00:20Z'

function left(group: string, plural: string, count: number, finalizers: Record<string, number> = {}): Remaining {
  return { kind: { group, plural }, count, finalizers: new Map(Object.entries(finalizers)) }
}

function words(remaining: readonly Remaining[], failures: readonly string[] = []): Record<string, string> {
  const conditions = conditionsOf([], { remaining, failures }, NOW)
  return Object.fromEntries(
    conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  )
}

describe('conditionsOf', () => {
  test('an empty namespace', () => {
    expect(words([])).toEqual({
      NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
      NamespaceDeletionGroupVersionParsingFailure:
        'False ParsedGroupVersions: All legacy kube types successfully parsed',
      NamespaceDeletionContentFailure:
        'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining: 'False ContentRemoved: All content successfully removed',
      NamespaceFinalizersRemaining: 'False ContentHasNoFinalizers: All content-preserving finalizers finished',
    })
  })

  test('what is left, by resource and by finalizer', () => {
    const remaining = [
      left('apps', 'deployments', 1, { 'a.com/x': 1 }),
      left('', 'configmaps', 3, { 'a.com/x': 2, 'b.com/y': 1 }),
    ]
    expect(words(remaining)).toMatchObject({
      NamespaceContentRemaining:
        'True SomeResourcesRemain: Some resources are remaining: configmaps. has 3 resource instances, deployments.apps has 1 resource instances',
      NamespaceFinalizersRemaining:
        'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: a.com/x in 3 resource instances, b.com/y in 1 resource instances',
    })
  })

  test('what could not be deleted', () => {
    expect(words([], ['b failed', 'a failed'])).toMatchObject({
      NamespaceDeletionContentFailure:
        'True ContentDeletionFailed: Failed to delete all resource types, 2 remaining: a failed, b failed',
    })
  })

  test('what is said already keeps its time, and the list its identity', () => {
    const attempt = { remaining: [left('', 'pods', 2)], failures: [] }
    const first = conditionsOf([], attempt, NOW)
    expect(conditionsOf(first, attempt, LATER)).toBe(first)
    const fewer = conditionsOf(first, { remaining: [left('', 'pods', 1)], failures: [] }, LATER)
    expect(fewer.find(({ type }) => type === 'NamespaceContentRemaining')?.lastTransitionTime).toBe(NOW)
    const gone = conditionsOf(first, { remaining: [], failures: [] }, LATER)
    expect(gone.find(({ type }) => type === 'NamespaceContentRemaining')?.lastTransitionTime).toBe(LATER)
  })

  test("others' conditions stay", () => {
    const own = { type: 'example.com/Billed', status: 'True' }
    expect(conditionsOf([own], { remaining: [], failures: [] }, NOW)).toContain(own)
  })
})
