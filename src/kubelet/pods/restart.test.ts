import { describe, expect, test } from 'vitest'
import { printGoDuration } from './go-duration.ts'
import { raise, restartAtMs, restartsAfter } from './restart.ts'

describe('whether a container that ended is started again', () => {
  const rules = (operator: string, values: number[]) => [{ action: 'Restart', exitCodes: { operator, values } }]

  test.each([
    { role: 'main', policy: 'Always', code: 0, restarts: true },
    { role: 'main', policy: 'OnFailure', code: 0, restarts: false },
    { role: 'main', policy: 'OnFailure', code: 1, restarts: true },
    { role: 'main', policy: 'Never', code: 1, restarts: false },
    { role: 'init', policy: 'Always', code: 0, restarts: false },
    { role: 'init', policy: 'Always', code: 1, restarts: true },
    { role: 'init', policy: 'Never', code: 1, restarts: false },
    { role: 'sidecar', policy: 'Never', code: 0, restarts: true },
    { role: 'ephemeral', policy: 'Always', code: 1, restarts: false },
    { role: 'main', policy: 'Never', own: { restartPolicy: 'OnFailure' }, code: 1, restarts: true },
    { role: 'main', policy: 'Always', own: { restartPolicy: 'Never' }, code: 1, restarts: false },
    { role: 'main', policy: 'Never', own: { restartPolicyRules: rules('In', [42]) }, code: 42, restarts: true },
    { role: 'main', policy: 'Never', own: { restartPolicyRules: rules('In', [42]) }, code: 1, restarts: false },
    { role: 'main', policy: 'Never', own: { restartPolicyRules: rules('NotIn', [0]) }, code: 1, restarts: true },
  ] as const)('$role under $policy $own, exit code $code: $restarts', ({ role, policy, code, restarts, ...rest }) => {
    const container = { name: 'c', ...('own' in rest ? rest.own : {}) }
    expect(restartsAfter(code, { container, role, podPolicy: policy })).toBe(restarts)
  })
})

test('the delay doubles from 10 s to 5 min', () => {
  let backoff = undefined as ReturnType<typeof raise> | undefined
  let nowMs = 0
  const delays: number[] = []
  for (let run = 0; run < 8; run++) {
    const finishedAtMs = nowMs + 1_000
    nowMs = restartAtMs(backoff, finishedAtMs)
    delays.push(nowMs - finishedAtMs)
    backoff = raise(backoff, { finishedAtMs, nowMs })
  }
  expect(delays).toEqual([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
})

test('a run of more than ten minutes starts over', () => {
  const backoff = { delayMs: 160_000, updatedAtMs: 0 }
  expect(restartAtMs(backoff, 600_000)).toBe(760_000)
  expect(restartAtMs(backoff, 600_001)).toBe(600_001)
  expect(raise(backoff, { finishedAtMs: 600_001, nowMs: 600_001 }).delayMs).toBe(10_000)
})

test.each([
  [0, '0s'],
  [500, '500ms'],
  [1_500, '1.5s'],
  [10_000, '10s'],
  [80_000, '1m20s'],
  [300_000, '5m0s'],
  [3_661_000, '1h1m1s'],
])('%d ms prints as %s', (durationMs, text) => {
  expect(printGoDuration(durationMs)).toBe(text)
})
