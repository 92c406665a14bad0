import { describe, expect, test } from 'vitest'
import type { Pod, PodCondition } from '../../types.generated.ts'
import { withPodCondition } from './pod-condition.ts'

const BEFORE = '2026-01-01T00:00:00Z'
const NOW = '2026-01-01T00:01:00Z'
const TARGET = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'evicting',
} as const

function pod(...conditions: PodCondition[]): Pod {
  const metadata = { name: 'web', generation: 2 }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status: { conditions } }
}

describe('withPodCondition', () => {
  test('a new condition comes last, with the time and the generation', () => {
    const ready: PodCondition = { type: 'Ready', status: 'True' }
    expect(withPodCondition(pod(ready), TARGET, NOW)).toEqual([
      ready,
      { ...TARGET, observedGeneration: 2, lastTransitionTime: NOW },
    ])
  })

  test('a change of words keeps the time of transition and the place', () => {
    const ready: PodCondition = { type: 'Ready', status: 'True' }
    const old: PodCondition = { ...TARGET, reason: 'DeletionByPodGC', lastTransitionTime: BEFORE }
    expect(withPodCondition(pod(old, ready), TARGET, NOW)).toEqual([
      { ...TARGET, observedGeneration: 2, lastTransitionTime: BEFORE },
      ready,
    ])
  })

  test('a change of status moves the time, and drops words that are not given', () => {
    const old: PodCondition = { ...TARGET, lastTransitionTime: BEFORE }
    expect(withPodCondition(pod(old), { type: 'DisruptionTarget', status: 'False' }, NOW)).toEqual([
      { type: 'DisruptionTarget', status: 'False', observedGeneration: 2, lastTransitionTime: NOW },
    ])
  })

  test('what is said already is the same list', () => {
    const web = pod({ ...TARGET, observedGeneration: 2, lastTransitionTime: BEFORE })
    expect(withPodCondition(web, TARGET, NOW)).toBe(web.status?.conditions)
  })
})
