import { expect, test } from 'vitest'
import { nameSuffix, SeededRandom, uuid } from './random.ts'

test('one seed gives one sequence', () => {
  const draws = (seed: string): number[] => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 20 }, () => random.below(1000))
  }
  expect(draws('a')).toEqual(draws('a'))
  expect(draws('a')).not.toEqual(draws('b'))
})

test("a draw in one fork does not shift another's", () => {
  const quiet = new SeededRandom('s')
  const busy = new SeededRandom('s')
  busy.fork('pods').next()
  expect(busy.fork('nodes').next()).toBe(quiet.fork('nodes').next())
})

test('draws are spread evenly', () => {
  const random = new SeededRandom('even')
  const counts = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 100_000; draw++) counts[random.below(10)]! += 1
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('UUIDs and name suffixes have the form that the API demands', () => {
  const random = new SeededRandom('names')
  expect(uuid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(nameSuffix(random)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
})
