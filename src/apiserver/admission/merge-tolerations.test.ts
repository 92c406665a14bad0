import { expect, test } from 'vitest'
import type { Toleration } from '../../api/types.generated.ts'
import { mergeTolerations } from './merge-tolerations.ts'

const ALL: Toleration = { operator: 'Exists' }
const GPU: Toleration = { key: 'gpu', operator: 'Exists' }
const GPU_A: Toleration = { key: 'gpu', value: 'a' }
const GPU_RUN: Toleration = { key: 'gpu', operator: 'Exists', effect: 'NoExecute' }
const GPU_MINUTE: Toleration = { ...GPU_RUN, tolerationSeconds: 60 }

test.each([
  { first: [], second: [], merged: [] },
  { first: [GPU], second: [], merged: [GPU] },
  { first: [GPU], second: [GPU], merged: [GPU] },
  { first: [GPU_A], second: [GPU], merged: [GPU] },
  { first: [GPU], second: [GPU_A], merged: [GPU] },
  { first: [GPU_A], second: [{ key: 'gpu', value: 'b' }], merged: [GPU_A, { key: 'gpu', value: 'b' }] },
  { first: [GPU_MINUTE], second: [GPU_RUN], merged: [GPU_RUN] },
  { first: [GPU_RUN], second: [GPU_MINUTE], merged: [GPU_RUN] },
  { first: [GPU_MINUTE], second: [{ ...GPU_MINUTE, tolerationSeconds: 30 }], merged: [GPU_MINUTE] },
  { first: [GPU, GPU_RUN], second: [ALL], merged: [ALL] },
] satisfies Record<string, Toleration[]>[])('$first and $second: $merged', ({ first, second, merged }) => {
  expect(mergeTolerations(first, second)).toEqual(merged)
})
