import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  countCommon,
  countOf,
  firstFree,
  includesIndex,
  merge,
  NONE,
  parseIntervals,
  printIntervals,
  withIndexes,
} from './intervals.ts'

describe('the text of indexes', () => {
  test.each([
    ['', 10, ''],
    ['1', 10, '1'],
    ['1,2', 10, '1,2'],
    ['1,2,3', 10, '1-3'],
    ['0-3,5,7-9', 10, '0-3,5,7-9'],
    ['0-3,4-6', 10, '0-6'],
    ['0-3,5,7-20', 8, '0-3,5,7'],
    ['0,9', 5, '0'],
    ['x,3,y-4', 10, '3'],
  ])('%s of %i is read and written as %s', (text, completions, expected) => {
    expect(printIntervals(parseIntervals(text, completions))).toBe(expected)
  })
})

const indexSet = fc.uniqueArray(fc.nat(30), { maxLength: 20 })

describe('sets of indexes', () => {
  test('hold what was put in, whatever the order', () => {
    fc.assert(
      fc.property(indexSet, (indexes) => {
        const intervals = withIndexes(NONE, indexes)
        expect(countOf(intervals)).toBe(indexes.length)
        for (let index = 0; index <= 30; index++) {
          expect(includesIndex(intervals, index)).toBe(indexes.includes(index))
        }
        expect(parseIntervals(printIntervals(intervals), 31)).toEqual(intervals)
      }),
    )
  })

  test('are united, compared and completed', () => {
    fc.assert(
      fc.property(indexSet, indexSet, fc.nat(31), (left, right, count) => {
        const a = withIndexes(NONE, left)
        const b = withIndexes(NONE, right)
        const both = new Set([...left, ...right])
        expect(countOf(merge(a, b))).toBe(both.size)
        expect(countCommon(a, b)).toBe(left.filter((index) => right.includes(index)).length)
        const free = Array.from({ length: 31 }, (_, index) => index).filter((index) => !both.has(index))
        expect(firstFree(merge(a, b), { count, completions: 31 })).toEqual(free.slice(0, count))
      }),
    )
  })
})
