import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { PriorityClass } from './priority-class.ts'

function priorityClass(name: string, change: Partial<PriorityClass> = {}): PriorityClass {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value: 1000, ...change }
}

describe('a PriorityClass', () => {
  test.each<[string, Partial<PriorityClass>, readonly string[]]>([
    ['payments', {}, []],
    [
      'payments',
      { value: 1_000_000_001 },
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    [
      'payments',
      { preemptionPolicy: 'Always' },
      ['preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"'],
    ],
    ['system-node-critical', { value: 2_000_001_000 }, []],
    [
      'system-node-critical',
      {},
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
      ],
    ],
    [
      'system-mine',
      {},
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
      ],
    ],
  ])('%s %j', (name, change, expected) => {
    expect(refusals(PriorityClass, priorityClass(name, change))).toEqual(expected)
  })

  test('keeps its value and its manners', () => {
    const changed = priorityClass('payments', { value: 5, preemptionPolicy: 'Never', description: 'new' })
    expect(updateRefusals(PriorityClass, changed, priorityClass('payments'))).toEqual([
      'value: Forbidden: may not be changed in an update.',
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    ])
  })

  test('kubectl get', () => {
    expect(row(PriorityClass, created(PriorityClass, priorityClass('payments')), 0)).toEqual({
      Name: 'payments',
      Value: 1000,
      'Global-Default': false,
      Age: '<unknown>',
      PreemptionPolicy: 'PreemptLowerPriority',
    })
  })
})
