import { describe, expect, test } from 'vitest'
import { Float, parseLossless, sameJson, sameMembers } from './lossless-json.ts'

describe('parseLossless', () => {
  test('keeps whole numbers beyond 2^53 exact', () => {
    expect(parseLossless('[9223372036854775807, 9007199254740991]')).toEqual([9223372036854775807n, 9007199254740991])
  })

  test('tells 1.0 from 1 only when asked to', () => {
    expect(parseLossless('[1.0, 1, 1.5]', { keepFloats: true })).toEqual([new Float(1), 1, 1.5])
    expect(parseLossless('[1.0, 1, 1.5]')).toEqual([1, 1, 1.5])
  })
})

describe('sameJson', () => {
  test.each([
    { left: { a: 1, b: [1, 2] }, right: { b: [1, 2], a: 1 }, same: true },
    { left: [1, 2], right: [2, 1], same: false },
    { left: { a: null }, right: {}, same: false },
    { left: 5n, right: 5, same: true },
    { left: new Float(1), right: 1, same: false },
    { left: new Float(1), right: new Float(1), same: true },
  ])('$left and $right: $same', ({ left, right, same }) => expect(sameJson(left, right)).toBe(same))

  test('members may come in any order, but as often', () => {
    expect(sameMembers([1, 2, 2], [2, 1, 2])).toBe(true)
    expect(sameMembers([1, 1, 2], [2, 1, 2])).toBe(false)
  })
})
