import { describe, expect, test } from 'vitest'
import { created, problems, refusals, updateRefusals } from '../../../../test/support/problems.ts'
import type { ReplicaSetSpec } from '../../types.generated.ts'
import { ReplicaSet } from './replica-set.ts'

function replicaSet(spec: Partial<ReplicaSetSpec> = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { name: '', labels: { app: 'web', tier: 'a' } },
        spec: { containers: [{ name: 'a', image: 'b' }] },
      },
      ...spec,
    },
  }
}

describe('ReplicaSet', () => {
  test('has one replica unless it says otherwise', () => {
    expect(created(ReplicaSet, replicaSet()).spec.replicas).toBe(1)
    expect(created(ReplicaSet, replicaSet({ replicas: 0 })).spec.replicas).toBe(0)
  })

  test('is valid, and its own default', () => {
    const set = created(ReplicaSet, replicaSet())
    expect(refusals(ReplicaSet, replicaSet())).toEqual([])
    expect(ReplicaSet.default?.(set)).toBe(set)
  })

  test('keeps its selector', () => {
    expect(updateRefusals(ReplicaSet, replicaSet({ selector: { matchLabels: { tier: 'a' } } }), replicaSet())).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"tier":"a"}}: field is immutable',
    ])
  })

  test('counts no more pods than there are', () => {
    const status = { replicas: 1, fullyLabeledReplicas: 2 }
    expect(problems(ReplicaSet.validateStatus?.({ ...replicaSet(), status }, replicaSet()))).toEqual([
      'status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ])
  })
})
