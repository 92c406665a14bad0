import { expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { NodeSelectorTerm } from '../../types.generated.ts'
import { validateNodeSelector, validatePreferredTerms } from './node-selector.ts'

const PLACE = 'f.nodeSelectorTerms[0]'

test.each<[string, NodeSelectorTerm, readonly string[]]>([
  ['empty', {}, []],
  ['in', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, []],
  [
    'in nothing',
    { matchExpressions: [{ key: 'zone', operator: 'NotIn' }] },
    [`${PLACE}.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
  ],
  [
    'exists as something',
    { matchExpressions: [{ key: 'zone', operator: 'Exists', values: ['a'] }] },
    [
      `${PLACE}.matchExpressions[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
    ],
  ],
  [
    'greater than many',
    { matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['1', '2'] }] },
    [
      `${PLACE}.matchExpressions[0].values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`,
    ],
  ],
  [
    'an operator of its own',
    { matchExpressions: [{ key: 'zone', operator: 'Near' }] },
    [`${PLACE}.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator`],
  ],
  ['by name', { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }, []],
  [
    'by another field, of many',
    { matchFields: [{ key: 'spec.podCIDR', operator: 'In', values: ['a', 'b'] }] },
    [
      `${PLACE}.matchFields[0].values: Required value: must be only one value when \`operator\` is 'In' or 'NotIn' for node field selector`,
      `${PLACE}.matchFields[0].key: Invalid value: "spec.podCIDR": not a valid field selector key`,
    ],
  ],
])('%s', (_, term, expected) => {
  expect(printCauses(validateNodeSelector({ nodeSelectorTerms: [term] }, 'f'))).toEqual(expected)
})

test('there must be a term, and preferences have a weight', () => {
  expect(printCauses(validateNodeSelector({ nodeSelectorTerms: [] }, 'f'))).toEqual([
    'f.nodeSelectorTerms: Required value: must have at least one node selector term',
  ])
  const preference = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['no label'] }] }
  expect(printCauses(validatePreferredTerms([{ weight: 0, preference }], 'f'))).toEqual([
    'f[0].weight: Invalid value: 0: must be in the range 1-100',
  ])
})
