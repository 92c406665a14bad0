import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { fences } from './replica-sets.ts'
import { newestReplicas, planRolling } from './rollout.ts'
import { isScalingEvent, planScale, type Scaling } from './scale.ts'

function deployment(replicas: number, maxSurge: number | string = 0, maxUnavailable: number | string = 1): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      template: { spec: { containers: [] } },
    },
  }
}

interface Size {
  readonly replicas: number
  readonly available?: number
  /** What the Deployment asked for when the set was last scaled, and with its surge. */
  readonly desired?: number
  readonly max?: number
}

/** Sets by age, the oldest first. */
function sets(...sizes: readonly Size[]): readonly ReplicaSet[] {
  return sizes.map(({ replicas, available = replicas, desired, max }, index) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${index + 1}`,
      creationTimestamp: `2026-01-0${index + 1}T00:00:00Z`,
      annotations: {
        ...(desired === undefined ? {} : { 'deployment.kubernetes.io/desired-replicas': String(desired) }),
        ...(max === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(max) }),
      },
    },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  }))
}

function print(scalings: readonly Scaling[]): Readonly<Record<string, number>> {
  return Object.fromEntries(scalings.map(({ set, replicas }) => [set.metadata.name, replicas]))
}

describe('fences', () => {
  test.each([
    { replicas: 10, surge: '25%', unavailable: '25%', expected: [3, 2] },
    { replicas: 1, surge: '25%', unavailable: '25%', expected: [1, 0] },
    { replicas: 10, surge: 0, unavailable: '1%', expected: [0, 1] },
    { replicas: 3, surge: 1, unavailable: 5, expected: [1, 3] },
    { replicas: 0, surge: '25%', unavailable: '25%', expected: [0, 0] },
  ])('of $replicas with $surge and $unavailable', ({ replicas, surge, unavailable, expected }) => {
    const { maxSurge, maxUnavailable } = fences(deployment(replicas, surge, unavailable))
    expect([maxSurge, maxUnavailable]).toEqual(expected)
  })
})

describe('planScale', () => {
  test.each<[string, Deployment, readonly ReplicaSet[], Readonly<Record<string, number>>]>([
    ['scales the only set', deployment(5), sets({ replicas: 3 }), { 'web-1': 5 }],
    ['scales the newest where none is active', deployment(5), sets({ replicas: 0 }, { replicas: 0 }), { 'web-2': 5 }],
    [
      'shares growth out in proportion',
      deployment(12),
      sets({ replicas: 5, desired: 10, max: 10 }, { replicas: 5, desired: 10, max: 10 }),
      { 'web-2': 6, 'web-1': 6 },
    ],
    [
      'gives what rounding leaves over to the largest',
      deployment(15, 3),
      sets({ replicas: 8, desired: 10, max: 13 }, { replicas: 5, desired: 10, max: 13 }),
      { 'web-1': 11, 'web-2': 7 },
    ],
    [
      'shrinks in proportion, the older of equals first',
      deployment(5),
      sets({ replicas: 5, desired: 10, max: 10 }, { replicas: 5, desired: 10, max: 10 }),
      { 'web-1': 2, 'web-2': 3 },
    ],
    [
      'empties all to nothing',
      deployment(0),
      sets({ replicas: 8, desired: 10, max: 10 }, { replicas: 2, desired: 10, max: 10 }),
      { 'web-1': 0, 'web-2': 0 },
    ],
    [
      'scales old sets away once the newest is complete',
      deployment(5),
      sets({ replicas: 3, desired: 5, max: 5 }, { replicas: 5, desired: 5, max: 5 }),
      { 'web-1': 0 },
    ],
  ])('%s', (_name, target, all, expected) => {
    expect(print(planScale(target, all.at(-1), all.slice(0, -1)))).toEqual(expected)
  })

  test('a change of scale is told by what the sets remember', () => {
    expect(isScalingEvent(deployment(5), sets({ replicas: 5, desired: 5 }))).toBe(false)
    expect(isScalingEvent(deployment(6), sets({ replicas: 5, desired: 5 }))).toBe(true)
    expect(isScalingEvent(deployment(6), sets({ replicas: 5 }))).toBe(false)
    expect(isScalingEvent(deployment(6), sets({ replicas: 0, desired: 5 }))).toBe(false)
  })
})

describe('planRolling', () => {
  test.each<[string, Deployment, readonly ReplicaSet[], Readonly<Record<string, number>>]>([
    ['does nothing when all is new', deployment(3), sets({ replicas: 3 }), {}],
    ['grows the newest into the surge', deployment(10, 3, 2), sets({ replicas: 10 }, { replicas: 0 }), { 'web-2': 3 }],
    [
      'shrinks the old when the surge is used up',
      deployment(10, 3, 2),
      sets({ replicas: 10 }, { replicas: 3, available: 0 }),
      { 'web-1': 8 },
    ],
    [
      'waits while too little is available',
      deployment(10, 0, 2),
      sets({ replicas: 8 }, { replicas: 2, available: 0 }),
      {},
    ],
    [
      'takes unhealthy old pods first, whatever is available',
      deployment(10, 0, 2),
      sets({ replicas: 8, available: 5 }, { replicas: 2, available: 2 }),
      { 'web-1': 6 },
    ],
    [
      'takes the oldest sets first',
      deployment(4, 1, 0),
      sets({ replicas: 1 }, { replicas: 3 }, { replicas: 1 }),
      {
        'web-1': 0,
      },
    ],
    ['brings a newest set that is too large down', deployment(3), sets({ replicas: 5 }), { 'web-1': 3 }],
  ])('%s', (_name, target, all, expected) => {
    const newest = all.at(-1) as ReplicaSet
    expect(print(planRolling(target, newest, all.slice(0, -1)))).toEqual(expected)
  })

  test('stays within surge and availability, and ends', () => {
    const options = fc.record({ replicas: fc.integer({ min: 1, max: 12 }), surge: fc.nat(4), unavailable: fc.nat(4) })
    fc.assert(
      fc.property(options, ({ replicas, surge, unavailable }) => {
        const target = deployment(replicas, surge, unavailable)
        const { maxSurge, maxUnavailable } = fences(target)
        let [old, newest] = sets({ replicas }, { replicas: 0 }) as [ReplicaSet, ReplicaSet]
        for (let step = 0; step < 100; step++) {
          for (const { set, replicas: size } of planRolling(target, newest, [old])) {
            const scaled = { ...set, spec: { ...set.spec, replicas: size } }
            if (set === old) old = scaled
            else newest = scaled
          }
          const wanted = (old.spec.replicas ?? 0) + (newest.spec.replicas ?? 0)
          expect(wanted).toBeLessThanOrEqual(replicas + maxSurge)
          const stillUp = (set: ReplicaSet) => Math.min(set.spec.replicas ?? 0, set.status?.availableReplicas ?? 0)
          expect(stillUp(old) + stillUp(newest)).toBeGreaterThanOrEqual(replicas - maxUnavailable)
          const settle = (set: ReplicaSet): ReplicaSet => {
            const size = set.spec.replicas ?? 0
            return { ...set, status: { replicas: size, availableReplicas: size } }
          }
          old = settle(old)
          newest = settle(newest)
        }
        expect([old.spec.replicas, newest.spec.replicas]).toEqual([0, replicas])
      }),
    )
  })
})

describe('the first size of a new set', () => {
  test.each([
    { replicas: 10, surge: 3, old: 10, expected: 3 },
    { replicas: 10, surge: 0, old: 10, expected: 0 },
    { replicas: 10, surge: 0, old: 0, expected: 10 },
    { replicas: 10, surge: 3, old: 15, expected: 0 },
  ])('is $expected of $replicas with surge $surge beside $old', ({ replicas, surge, old, expected }) => {
    expect(newestReplicas(deployment(replicas, surge), 0, sets({ replicas: old }))).toBe(expected)
  })
})
