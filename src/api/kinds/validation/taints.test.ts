import { expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { Toleration } from '../../types.generated.ts'
import { validateTaints, validateTolerations } from './taints.ts'

test.each<[string, Toleration, readonly string[]]>([
  ['of everything', { operator: 'Exists' }, []],
  ['of a value', { key: 'team', value: 'a', effect: 'NoSchedule' }, []],
  ['for a while', { key: 'team', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }, []],
  [
    'of no key',
    { value: 'a' },
    [
      'f[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  [
    'of any value and of one',
    { key: 'team', operator: 'Exists', value: 'a' },
    ['f[0].operator: Invalid value: "a": value must be empty when `operator` is \'Exists\''],
  ],
  [
    'for a while, of what does not evict',
    { key: 'team', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 30 },
    ['f[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set'],
  ],
  [
    'by other words',
    { key: 'team', operator: 'Near', effect: 'Never' },
    [
      'f[0].operator: Unsupported value: "Near": supported values: "Equal", "Exists"',
      'f[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
])('a toleration %s', (_, toleration, expected) => {
  expect(printCauses(validateTolerations([toleration], 'f'))).toEqual(expected)
})

test('taints are unique by key and effect', () => {
  const taint = { key: 'team', value: 'a', effect: 'NoSchedule' }
  expect(printCauses(validateTaints([taint, { ...taint, effect: 'NoExecute' }], 'f'))).toEqual([])
  expect(printCauses(validateTaints([taint, { ...taint, value: 'b' }], 'f'))).toEqual([
    'f[1]: Duplicate value: {"Key":"team","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
  ])
  expect(printCauses(validateTaints([{ key: 'team', effect: '' }], 'f'))).toEqual(['f[0].effect: Required value'])
})
