import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  difference,
  fieldSetOf,
  hasPath,
  intersection,
  leavesOf,
  pathsOf,
  recursiveDifference,
  sameFields,
  union,
} from './field-set.ts'
import { intern, parseFieldSet, printFieldSet, readFieldSet } from './field-set-text.ts'
import { fieldElement, keyElement, valueElement, type Path, type PathElement } from './path-element.ts'

const spec = fieldElement('spec')
const replicas = fieldElement('replicas')
const web = keyElement({ name: 'web' })

describe('a set looks as managedFields show it', () => {
  test('a parent is a member only if it is marked', () => {
    const set = fieldSetOf([
      [spec, replicas],
      [spec, web],
      [spec, web, fieldElement('image')],
    ])
    expect(set).toEqual({ 'f:spec': { 'f:replicas': {}, 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } })
    expect(hasPath(set, [spec])).toBe(false)
    expect(hasPath(set, [spec, web])).toBe(true)
  })

  test('written sets are sorted: fields, keys, values, indices', () => {
    const text = '{"v:2":{},"i:0":{},"k:{\\"b\\":1,\\"a\\":2}":{},"f:b":{},"v:10":{},"f:a":{}}'
    expect(printFieldSet(parseFieldSet(text))).toBe(
      '{"f:a":{},"f:b":{},"k:{\\"a\\":2,\\"b\\":1}":{},"v:2":{},"v:10":{},"i:0":{}}',
    )
  })

  test('equal sets are one object, so that the pods of a template share theirs', () => {
    const first = readFieldSet({ 'f:spec': { 'f:replicas': {}, 'f:paused': {} } })
    const second = intern(
      fieldSetOf([
        [spec, fieldElement('paused')],
        [spec, replicas],
      ]),
    )
    expect(second).toBe(first)
  })

  test('kinds of elements from the future are passed over', () => {
    expect(printFieldSet(parseFieldSet('{"f:a":{},"z:new":{}}'))).toBe('{"f:a":{}}')
  })
})

describe('difference', () => {
  const all = fieldSetOf([[spec], [spec, replicas]])

  test('takes one path, and leaves what is below it', () => {
    expect(difference(all, fieldSetOf([[spec]]))).toEqual({ 'f:spec': { 'f:replicas': {} } })
  })

  test('recursively takes all that is below', () => {
    expect(recursiveDifference(all, fieldSetOf([[spec]]))).toEqual({})
  })

  test('leaves have nobody below them', () => {
    expect(leavesOf(all)).toEqual({ 'f:spec': { 'f:replicas': {} } })
  })
})

describe('the algebra of sets, on any two sets', () => {
  const element = constantFrom<PathElement[]>(
    fieldElement('a'),
    fieldElement('b'),
    keyElement({ name: 'x' }),
    valueElement(1),
  )
  const paths = array(array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
  const key = (path: readonly string[]): string => path.join('\0')
  const keys = (set: ReturnType<typeof fieldSetOf>): Set<string> => new Set([...pathsOf(set)].map(key))

  function onAnySets(check: (left: readonly Path[], right: readonly Path[]) => void): void {
    assert(property(paths, paths, check))
  }

  test('union holds what either holds', () => {
    onAnySets((left, right) => {
      expect(keys(union(fieldSetOf(left), fieldSetOf(right)))).toEqual(keys(fieldSetOf([...left, ...right])))
    })
  })

  test('intersection holds what both hold', () => {
    onAnySets((left, right) => {
      const both = [...keys(fieldSetOf(left))].filter((path) => keys(fieldSetOf(right)).has(path))
      expect(keys(intersection(fieldSetOf(left), fieldSetOf(right)))).toEqual(new Set(both))
    })
  })

  test('difference holds what only the first holds', () => {
    onAnySets((left, right) => {
      const only = [...keys(fieldSetOf(left))].filter((path) => !keys(fieldSetOf(right)).has(path))
      expect(keys(difference(fieldSetOf(left), fieldSetOf(right)))).toEqual(new Set(only))
    })
  })

  test('nothing changes its operands, and text brings every set back', () => {
    onAnySets((left, right) => {
      const [first, second] = [fieldSetOf(left), fieldSetOf(right)]
      const before = JSON.stringify([first, second])
      union(first, second)
      difference(first, second)
      recursiveDifference(first, second)
      intersection(first, second)
      expect(JSON.stringify([first, second])).toBe(before)
      expect(sameFields(parseFieldSet(printFieldSet(first)), first)).toBe(true)
    })
  })
})
