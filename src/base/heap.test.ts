import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from './heap.ts'

test('items come out smallest first', () => {
  assert(
    property(array(integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a - b)
      for (const number of numbers) heap.push(number)
      const out: number[] = []
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next)
      expect(out).toEqual([...numbers].sort((a, b) => a - b))
    }),
  )
})
