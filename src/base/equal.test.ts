import { assert, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { deepEqual } from './equal.ts'

test('a value equals its copy, whatever the order of its fields', () => {
  assert(
    property(jsonValue(), (value) => {
      expect(deepEqual(value, JSON.parse(JSON.stringify(value)))).toBe(true)
    }),
  )
  expect(deepEqual({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true)
})

test('values that differ in any part are not equal', () => {
  expect(deepEqual({ a: 1 }, { a: 1, b: null })).toBe(false)
  expect(deepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(true)
  expect(deepEqual([1, 2], [1])).toBe(false)
  expect(deepEqual([], {})).toBe(false)
  expect(deepEqual(null, {})).toBe(false)
})
