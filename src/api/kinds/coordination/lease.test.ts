import { expect, test } from 'vitest'
import { refusals, row } from '../../../../test/support/problems.ts'
import { Lease } from './lease.ts'

function lease(spec: Lease['spec']): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', namespace: 'ops' }, spec }
}

test.each<[Lease['spec'], readonly string[]]>([
  [{ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 }, []],
  [
    { leaseDurationSeconds: 0, leaseTransitions: -1 },
    [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  [
    { preferredHolder: 'b' },
    ['spec.preferredHolder: Invalid value: "b": may only be specified when `strategy` is defined'],
  ],
  [
    { strategy: 'Youngest' },
    ['spec.strategy: Unsupported value: "Youngest": supported values: "OldestEmulationVersion"'],
  ],
])('%j', (spec, expected) => {
  expect(refusals(Lease, lease(spec))).toEqual(expected)
})

test('a lease may be created by an update, and says who holds it', () => {
  expect(Lease.createOnUpdate).toBe(true)
  expect(row(Lease, lease({ holderIdentity: 'node-1' }), 0)).toEqual({ Name: 'l', Holder: 'node-1', Age: '<unknown>' })
})
