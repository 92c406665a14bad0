import { expect, test } from 'vitest'
import { previousPriorities } from './previous-priorities.ts'

test.each([
  ['none after the first attempt', [0], [], []],
  ['that of two attempts', [0, 0], [], [0]],
  ['the same after a third', [0, 0, 1], [], [0]],
  ['both after four', [0, 0, 1, 1], [], [0, 1]],
  ['none again once all have been tried', [0, 0, 1, 1, 2, 2], [], []],
  ['none where no other is available', [0, 0], [1, 2], []],
  ['what is available counts', [0, 0], [1], [0]],
])('%s', (_, tried, ill, left) => {
  expect([...previousPriorities(tried, (priority) => !ill.includes(priority), [0, 1, 2])]).toEqual(left)
})
