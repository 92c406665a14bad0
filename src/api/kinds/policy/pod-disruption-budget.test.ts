import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row } from '../../../../test/support/problems.ts'
import type { PodDisruptionBudgetSpec } from '../../types.generated.ts'
import { PodDisruptionBudget } from './pod-disruption-budget.ts'

function budget(spec: PodDisruptionBudgetSpec = {}): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  }
}

describe('a budget', () => {
  test.each<[PodDisruptionBudgetSpec, readonly string[]]>([
    [{ minAvailable: 2 }, []],
    [{ maxUnavailable: '30%', unhealthyPodEvictionPolicy: 'AlwaysAllow' }, []],
    [
      { minAvailable: 1, maxUnavailable: 1 },
      [
        'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [{ minAvailable: -1 }, ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
    [{ maxUnavailable: '120%' }, ['spec.maxUnavailable: Invalid value: "120%": must not be greater than 100%']],
    [
      { unhealthyPodEvictionPolicy: 'Never' },
      [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(PodDisruptionBudget, budget(spec))).toEqual(expected)
  })

  test('has conditions that say since when', () => {
    const condition = { type: 'DisruptionAllowed', status: 'Maybe', reason: '1', message: '', lastTransitionTime: '' }
    const status = { disruptionsAllowed: -1, conditions: [condition] }
    expect(problems(PodDisruptionBudget.validateStatus?.({ ...budget(), status }, budget()))).toEqual([
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      'status.conditions[0].lastTransitionTime: Required value',
      expect.stringMatching(/^status\.conditions\[0\]\.reason: Invalid value: "1": a condition reason must start with/),
      'status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0',
    ])
  })

  test('kubectl get', () => {
    expect(row(PodDisruptionBudget, created(PodDisruptionBudget, budget({ minAvailable: '50%' })), 0)).toEqual({
      Name: 'web',
      'Min Available': '50%',
      'Max Unavailable': 'N/A',
      'Allowed Disruptions': 0,
      Age: '<unknown>',
    })
  })
})
