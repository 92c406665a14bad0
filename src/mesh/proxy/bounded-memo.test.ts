import { expect, test } from 'vitest'
import { BoundedMemo } from './bounded-memo.ts'

test('an answer is worked out once, even when it is that there is none', () => {
  const memo = new BoundedMemo<string | undefined>()
  let asked = 0
  const ask = () => memo.of('a', () => (asked++ > 0 ? 'later' : undefined))
  expect([ask(), ask()]).toEqual([undefined, undefined])
})

test('too many answers are forgotten', () => {
  const memo = new BoundedMemo<number>()
  for (let key = 0; key <= 10_000; key++) memo.of(String(key), () => 1)
  expect(memo.of('0', () => 2)).toBe(2)
})
