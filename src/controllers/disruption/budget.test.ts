import { describe, expect, test } from 'vitest'
import type { Pod, PodDisruptionBudget } from '../../api/types.generated.ts'
import { countBudget, needsScale } from './budget.ts'
import { printSelector } from './print-selector.ts'

const NOW_MS = Date.parse('2026-01-01T00:10:00Z')

function budget(spec: PodDisruptionBudget['spec'], status?: PodDisruptionBudget['status']): PodDisruptionBudget {
  const metadata = { name: 'web', namespace: 'shop' }
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec, ...(status ? { status } : {}) }
}

function pods(ready: number, unready = 0): readonly Pod[] {
  return Array.from({ length: ready + unready }, (_, index) => pod(`web-${index}`, index < ready))
}

function pod(name: string, isReady = true, metadata: Partial<Pod['metadata']> = {}): Pod {
  const status = isReady ? 'True' : 'False'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status }] },
  }
}

describe('countBudget', () => {
  test.each([
    { spec: { minAvailable: 2 }, ready: 3, unready: 0, scale: 0, desired: 2, expected: 3, allowed: 1 },
    { spec: { minAvailable: 2 }, ready: 2, unready: 1, scale: 0, desired: 2, expected: 3, allowed: 0 },
    { spec: { minAvailable: 5 }, ready: 3, unready: 0, scale: 0, desired: 5, expected: 3, allowed: 0 },
    { spec: { minAvailable: '50%' }, ready: 5, unready: 0, scale: 5, desired: 3, expected: 5, allowed: 2 },
    { spec: { minAvailable: '100%' }, ready: 5, unready: 0, scale: 5, desired: 5, expected: 5, allowed: 0 },
    { spec: { maxUnavailable: 1 }, ready: 3, unready: 0, scale: 3, desired: 2, expected: 3, allowed: 1 },
    { spec: { maxUnavailable: 1 }, ready: 2, unready: 1, scale: 3, desired: 2, expected: 3, allowed: 0 },
    { spec: { maxUnavailable: '34%' }, ready: 3, unready: 0, scale: 3, desired: 1, expected: 3, allowed: 2 },
    { spec: { maxUnavailable: 9 }, ready: 3, unready: 0, scale: 3, desired: 0, expected: 3, allowed: 3 },
    { spec: { maxUnavailable: 1 }, ready: 0, unready: 0, scale: 0, desired: 0, expected: 0, allowed: 0 },
    { spec: {}, ready: 3, unready: 0, scale: 0, desired: 0, expected: 0, allowed: 0 },
  ])('$spec with $ready ready, $unready not, $scale wanted', ({ spec, ready, unready, scale, ...wanted }) => {
    const { counts } = countBudget(budget(spec), pods(ready, unready), { scale, nowMs: NOW_MS })
    expect(counts).toMatchObject({
      desiredHealthy: wanted.desired,
      expectedPods: wanted.expected,
      disruptionsAllowed: wanted.allowed,
      currentHealthy: ready,
    })
  })

  test('a pod on its way out is not healthy, ready as it may be', () => {
    const leaving = pod('web-0', true, { deletionTimestamp: '2026-01-01T00:10:30Z' })
    const { counts } = countBudget(budget({ minAvailable: 1 }), [leaving, pod('web-1')], { scale: 0, nowMs: NOW_MS })
    expect(counts).toMatchObject({ currentHealthy: 1, expectedPods: 2, disruptionsAllowed: 0 })
  })

  test('granted evictions count until the pod is marked, is gone, or nobody deleted it for two minutes', () => {
    const disruptedPods = {
      fresh: '2026-01-01T00:09:00Z',
      marked: '2026-01-01T00:09:30Z',
      gone: '2026-01-01T00:09:30Z',
      late: '2026-01-01T00:08:00Z',
    }
    const late = pod('late')
    const present = [pod('fresh'), pod('marked', true, { deletionTimestamp: '2026-01-01T00:10:00Z' }), late]
    const verdict = countBudget(budget({ minAvailable: 1 }, { disruptedPods }), present, { scale: 0, nowMs: NOW_MS })
    expect(verdict.counts.disruptedPods).toEqual({ fresh: '2026-01-01T00:09:00Z' })
    expect(verdict.counts.currentHealthy).toBe(1)
    expect(verdict.forgotten).toEqual([late])
    expect(verdict.recheckMs).toBe(NOW_MS + 60_000)
  })
})

test.each([
  { spec: { minAvailable: 1 }, needed: false },
  { spec: { minAvailable: '1%' }, needed: true },
  { spec: { maxUnavailable: 1 }, needed: true },
  { spec: {}, needed: false },
])('needsScale of $spec is $needed', ({ spec, needed }) => {
  expect(needsScale(budget(spec))).toBe(needed)
})

test.each([
  [undefined, 'nil'],
  [{}, '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}'],
  [
    { matchLabels: { tier: 'x', app: 'web' } },
    '&LabelSelector{MatchLabels:map[string]string{app: web,tier: x,},MatchExpressions:[]LabelSelectorRequirement{},}',
  ],
  [
    { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
    '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:app,Operator:In,Values:[a b],},},}',
  ],
])('events print the selector %j as Go does', (selector, text) => {
  expect(printSelector(selector)).toBe(text)
})
