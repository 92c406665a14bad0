import { anything, assert, constantFrom, dictionary, oneof, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinSchema } from '../schema/builtin.ts'
import { compareTyped } from './compare.ts'
import { isEmptySet, pathsOf, type FieldSet } from './field-set.ts'
import { printFieldSet } from './field-set-text.ts'
import { mergeTyped } from './merge.ts'
import { printPath } from './path-element.ts'
import { shapeOf } from './schema-shape.ts'
import { DEDUCED } from './shape.ts'

const pod = shapeOf(builtinSchema('io.k8s.api.core.v1.Pod'))

function compare(left: unknown, right: unknown): Record<string, readonly string[]> {
  const { removed, modified, added } = compareTyped(left, right, pod)
  return { removed: printed(removed), modified: printed(modified), added: printed(added) }
}

function printed(set: FieldSet): readonly string[] {
  return [...pathsOf(set)].map(printPath).toSorted()
}

const before = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'a', image: 'a:1', args: ['x'] },
      { name: 'b', image: 'b:1' },
    ],
  },
}

describe('comparing two pods', () => {
  test('says which leaves changed, and what came with its parents', () => {
    const after = {
      metadata: { labels: { app: 'web', tier: 'front' }, annotations: { note: 'n' } },
      spec: { containers: [{ name: 'a', image: 'a:2', args: ['x', 'y'] }] },
    }
    expect(compare(before, after)).toEqual({
      removed: [
        '.spec.containers[name="b"]',
        '.spec.containers[name="b"].name',
        '.spec.containers[name="b"].image',
      ].toSorted(),
      modified: ['.spec.containers[name="a"].args', '.spec.containers[name="a"].image'],
      added: ['.metadata.annotations', '.metadata.annotations.note', '.metadata.labels.tier'],
    })
  })

  test('a label of a name that JavaScript knows goes like any other', () => {
    const labelled = { metadata: { labels: { app: 'web', constructor: 'builder' } } }
    const changes = { removed: ['.metadata.labels.constructor'], modified: [], added: [] }
    expect(compare(labelled, { metadata: { labels: { app: 'web' } } })).toEqual(changes)
  })

  test('an order is no change in a list with keys', () => {
    const after = { ...before, spec: { containers: before.spec.containers.toReversed() } }
    expect(compare(before, after)).toEqual({ removed: [], modified: [], added: [] })
  })

  test('items that are there twice are compared together', () => {
    const twice = {
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'a', image: '2' },
        ],
      },
    }
    const other = {
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'a', image: '3' },
        ],
      },
    }
    expect(compare(twice, other)).toMatchObject({ modified: ['.spec.containers[name="a"]'] })
  })
})

/** As a client's answer is a copy of what it read; `structuredClone` would not keep a key `__proto__`. */
function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

describe('on any two objects', () => {
  /** Keys that mean something to JavaScript among them. */
  const key = oneof(string(), constantFrom('a', 'b', '__proto__', 'constructor', 'toString'))
  const values = [string(), constantFrom(true, 1, null)]
  const value = anything({ key, maxDepth: 3, withNullPrototype: false, values })
  const object = dictionary(constantFrom('a', 'b', 'c', '__proto__', 'constructor'), value, {
    noNullPrototype: true,
  }).map((one) => JSON.parse(JSON.stringify(one)) as Record<string, unknown>)

  test('sharing parts makes no difference', () => {
    assert(
      property(object, object, (left, patch) => {
        const right = { ...left, ...patch }
        const shared = compareTyped(left, right, DEDUCED)
        const copied = compareTyped(copyOf(left), copyOf(right), DEDUCED)
        for (const key of ['removed', 'modified', 'added'] as const) {
          expect(printFieldSet(shared[key])).toBe(printFieldSet(copied[key]))
        }
      }),
    )
  })

  test('an object does not differ from its copy, and merging that over it gives the very object', () => {
    assert(
      property(object, (left) => {
        const { removed, modified, added } = compareTyped(left, copyOf(left), DEDUCED)
        expect([removed, modified, added].every(isEmptySet)).toBe(true)
        expect(mergeTyped(left, copyOf(left), DEDUCED)).toBe(left)
      }),
    )
  })

  test('merging the same a second time changes nothing more', () => {
    assert(
      property(object, object, (left, right) => {
        const merged = mergeTyped(left, right, DEDUCED)
        expect(mergeTyped(merged, right, DEDUCED)).toBe(merged)
      }),
    )
  })
})
