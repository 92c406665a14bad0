import { describe, expect, test } from 'vitest'
import { changed, mapChanged, without } from './copy-on-write.ts'

describe('changed', () => {
  const object: { readonly a: number; readonly b?: string } = { a: 1, b: 'x' }

  test('is the object itself where nothing is new', () => {
    expect(changed(object, { a: 1, b: undefined })).toBe(object)
  })

  test('is a copy where something is', () => {
    const copy = changed(object, { a: 2 })
    expect(copy).toEqual({ a: 2, b: 'x' })
    expect(object).toEqual({ a: 1, b: 'x' })
  })
})

test('mapChanged keeps an array whose items all stayed', () => {
  const items = [1, 2, 3]
  expect(mapChanged(items, (item) => item)).toBe(items)
  expect(mapChanged(items, (item) => (item === 2 ? 20 : item))).toEqual([1, 20, 3])
})

test('without drops a field, and only then copies', () => {
  const object: { readonly a?: number; readonly b: number } = { b: 1 }
  expect(without(object, 'a')).toBe(object)
  expect('a' in without({ a: 1, b: 2 } as typeof object, 'a')).toBe(false)
})
