import { describe, expect, test } from 'vitest'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { slowStart } from './slow-start.ts'

describe('a slow start', () => {
  test.each([
    { count: 0, refusedFrom: 0, tried: 0, successes: 0 },
    { count: 5, refusedFrom: 99, tried: 5, successes: 5 },
    { count: 20, refusedFrom: 0, tried: 1, successes: 0 },
    { count: 20, refusedFrom: 2, tried: 3, successes: 2 },
    { count: 20, refusedFrom: 5, tried: 7, successes: 5 },
  ])('of $count with refusals from $refusedFrom on tries $tried', async ({ count, refusedFrom, tried, successes }) => {
    const indexes: number[] = []
    const result = await slowStart(count, rehearsedWorld().clock, async (index) => {
      indexes.push(index)
      if (index >= refusedFrom) throw new Error(`refused ${index}`)
    })
    expect(indexes).toEqual(Array.from({ length: tried }, (_, index) => index))
    expect(result.successes).toBe(successes)
    expect(result.failure?.message).toBe(successes === count ? undefined : `refused ${refusedFrom}`)
  })
})
