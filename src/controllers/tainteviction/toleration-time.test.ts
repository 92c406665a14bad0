import { expect, test } from 'vitest'
import type { Taint, Toleration } from '../../api/types.generated.ts'
import { patienceOf } from './toleration-time.ts'

const GPU: Taint = { key: 'gpu', value: 'a', effect: 'NoExecute' }
const GONE: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }

const always: Toleration = { operator: 'Exists' }
const gpuFor = (tolerationSeconds: number): Toleration => ({ key: 'gpu', operator: 'Exists', tolerationSeconds })
const goneFor = (tolerationSeconds: number): Toleration => ({ key: GONE.key, operator: 'Exists', tolerationSeconds })

test.each([
  { taints: [], tolerations: [], patience: 'endless' },
  { taints: [GPU], tolerations: [], patience: 'none' },
  { taints: [GPU], tolerations: [always], patience: 'endless' },
  { taints: [GPU], tolerations: [{ key: 'gpu', value: 'a' }], patience: 'endless' },
  { taints: [GPU], tolerations: [{ key: 'gpu', value: 'b' }], patience: 'none' },
  { taints: [GPU], tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }], patience: 'none' },
  { taints: [GPU], tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }], patience: 'endless' },
  { taints: [GPU], tolerations: [gpuFor(300)], patience: { ms: 300_000 } },
  { taints: [GPU], tolerations: [gpuFor(0)], patience: 'none' },
  { taints: [GPU], tolerations: [gpuFor(-5)], patience: 'none' },
  { taints: [GPU, GONE], tolerations: [gpuFor(300)], patience: 'none' },
  { taints: [GPU, GONE], tolerations: [gpuFor(300), goneFor(60)], patience: { ms: 60_000 } },
  { taints: [GPU, GONE], tolerations: [always, goneFor(60)], patience: 'endless' },
  { taints: [GPU], tolerations: [gpuFor(300), gpuFor(60)], patience: { ms: 300_000 } },
] satisfies { taints: Taint[]; tolerations: Toleration[]; patience: unknown }[])(
  'taints $taints.length under $tolerations: $patience',
  ({ taints, tolerations, patience }) => {
    expect(patienceOf(taints, tolerations)).toEqual(patience)
  },
)
