import { describe, expect, test } from 'vitest'
import { created, refusals, row } from '../../../../test/support/problems.ts'
import { PriorityLevelConfiguration } from './priority-level-configuration.ts'

function level(spec: object, name = 'mine'): PriorityLevelConfiguration {
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'PriorityLevelConfiguration',
    metadata: { name },
    spec: spec as PriorityLevelConfiguration['spec'],
  }
}

const QUEUE = { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 0 } } } }

describe('a PriorityLevelConfiguration', () => {
  test('has shares and queues by default', () => {
    expect(created(PriorityLevelConfiguration, level(QUEUE)).spec).toEqual({
      type: 'Limited',
      limited: {
        nominalConcurrencyShares: 30,
        lendablePercent: 0,
        limitResponse: { type: 'Queue', queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } },
      },
    })
    expect(created(PriorityLevelConfiguration, level({ type: 'Exempt', exempt: {} }, 'exempt')).spec.exempt).toEqual({
      nominalConcurrencyShares: 0,
      lendablePercent: 0,
    })
  })

  test.each<[string, object, readonly string[]]>([
    ['mine', QUEUE, []],
    ['exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 10 } }, []],
    [
      'mine',
      { type: 'Exempt' },
      ["spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'"],
    ],
    ['mine', { type: 'Free' }, ['spec.type: Unsupported value: "Free": supported values: "Exempt", "Limited"']],
    ['mine', { type: 'Limited' }, ['spec.limited: Required value: must not be empty when type is Limited']],
    [
      'mine',
      {
        type: 'Limited',
        exempt: {},
        limited: {
          nominalConcurrencyShares: -1,
          lendablePercent: 101,
          borrowingLimitPercent: -1,
          limitResponse: { type: 'Reject', queuing: {} },
        },
      },
      [
        'spec.exempt: Forbidden: must be nil if the type is Limited',
        'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
        'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited',
        'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
        'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
      ],
    ],
    [
      'mine',
      { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 4 } } } },
      ['spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)'],
    ],
    [
      'mine',
      { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 1024 } } } },
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60',
      ],
    ],
    ['catch-all', { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } }, []],
    [
      'catch-all',
      { type: 'Limited', limited: { nominalConcurrencyShares: 6, limitResponse: { type: 'Reject' } } },
      [
        `spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":6,"LimitResponse":{"Type":"Reject"},"LendablePercent":0}}: spec of 'catch-all' must equal the fixed value`,
      ],
    ],
  ])('%s %j', (name, spec, expected) => {
    expect(refusals(PriorityLevelConfiguration, level(spec, name))).toEqual(expected)
  })

  test('kubectl get', () => {
    expect(row(PriorityLevelConfiguration, created(PriorityLevelConfiguration, level(QUEUE)), 0)).toEqual({
      Name: 'mine',
      Type: 'Limited',
      NominalConcurrencyShares: 30,
      Queues: 64,
      HandSize: 8,
      QueueLengthLimit: 50,
      Age: '<unknown>',
    })
    expect(row(PriorityLevelConfiguration, level({ type: 'Exempt' }, 'exempt'), 0)).toMatchObject({
      NominalConcurrencyShares: '<none>',
      Queues: '<none>',
    })
  })
})
