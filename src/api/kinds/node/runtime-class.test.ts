import { describe, expect, test } from 'vitest'
import { created, refusals, updateRefusals } from '../../../../test/support/problems.ts'
import { RuntimeClass } from './runtime-class.ts'

function runtimeClass(change: Partial<RuntimeClass> = {}): RuntimeClass {
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'gvisor' },
    handler: 'runsc',
    ...change,
  }
}

describe('a RuntimeClass', () => {
  const toleration = { key: 'gvisor', operator: 'Exists' }
  test.each<[Partial<RuntimeClass>, readonly string[]]>([
    [{ overhead: { podFixed: { cpu: '100m' } }, scheduling: { tolerations: [toleration] } }, []],
    [
      { overhead: { podFixed: { gold: '1' } } },
      [
        'overhead.podFixed.limits[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
        'overhead.podFixed.limits[gold]: Invalid value: "gold": must be a standard resource for containers',
      ],
    ],
    [
      { scheduling: { tolerations: [toleration, toleration] } },
      ['scheduling.tolerations[1]: Duplicate value: {"Key":"gvisor","Operator":"Exists"}'],
    ],
  ])('%j', (change, expected) => {
    expect(refusals(RuntimeClass, runtimeClass(change))).toEqual(expected)
  })

  test('writes quantities in one way', () => {
    const made = created(RuntimeClass, runtimeClass({ overhead: { podFixed: { cpu: '0.5' } } }))
    expect(made.overhead?.podFixed).toEqual({ cpu: '500m' })
  })

  test('keeps its handler', () => {
    expect(updateRefusals(RuntimeClass, runtimeClass({ handler: 'kata' }), runtimeClass())).toEqual([
      'handler: Invalid value: "kata": field is immutable',
    ])
  })
})
