import { anything, assert, dictionary, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyMergePatch, diffMergePatch, threeWayMergePatch } from './merge-patch.ts'

const configMap = { metadata: { name: 'settings', labels: { app: 'web' } }, data: { a: '1', b: '2' } }

describe('applyMergePatch', () => {
  test('null deletes, objects merge, lists are replaced', () => {
    expect(applyMergePatch({ ...configMap, list: [1, 2] }, { data: { a: null, c: '3' }, list: [3] })).toEqual({
      metadata: configMap.metadata,
      data: { b: '2', c: '3' },
      list: [3],
    })
  })

  test('what the patch leaves alone is shared, and a patch that says nothing new gives the same object', () => {
    const after = applyMergePatch(configMap, { data: { a: '9' } }) as typeof configMap
    expect(after.metadata).toBe(configMap.metadata)
    expect(applyMergePatch(configMap, { data: { a: '1' }, metadata: { labels: { gone: null } } })).toBe(configMap)
  })

  test('nulls do not enter with an object', () => {
    expect(applyMergePatch({}, { spec: { a: null, b: { c: null } } })).toEqual({ spec: { b: {} } })
  })

  test('a patch must be an object', () => {
    expect(() => applyMergePatch({}, 'x')).toThrow('Invalid JSON Patch')
  })
})

test('the difference between two objects leads from one to the other', () => {
  const value = anything({ maxDepth: 2, withNullPrototype: false, values: [string()] })
  const object = dictionary(string(), value, { noNullPrototype: true })
  assert(
    property(object, object, (before, after) => {
      const [from, to] = [plain(before), plain(after)]
      expect(applyMergePatch(from, diffMergePatch(from, to))).toEqual(to)
    }),
  )
})

test('apply sets what is configured, deletes what was configured before, and leaves the rest', () => {
  const patch = threeWayMergePatch({
    original: { spec: { replicas: 1, paused: true } },
    modified: { spec: { replicas: 3 } },
    current: { spec: { replicas: 1, paused: true, suspend: false } },
  })
  expect(patch).toEqual({ spec: { paused: null, replicas: 3 } })
})

/** As it comes from JSON, and without nulls, which a merge patch cannot set. */
function plain(value: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(value, (key, inner: unknown) =>
    key === '__proto__' || inner === null ? undefined : inner,
  )
  return JSON.parse(text) as Record<string, unknown>
}
