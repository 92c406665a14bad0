import { expect, test } from 'vitest'
import { refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { ControllerRevision } from './controller-revision.ts'

function revision(change: Partial<ControllerRevision> = {}): ControllerRevision {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true }
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'db-1', namespace: 'shop', ownerReferences: [owner] },
    data: { spec: { template: {} } },
    revision: 1,
    ...change,
  }
}

test('a revision records something', () => {
  const { data: _, ...empty } = revision({ revision: -1 })
  expect(refusals(ControllerRevision, empty)).toEqual([
    'data: Required value: data is mandatory',
    'revision: Invalid value: -1: must be greater than or equal to 0',
  ])
})

test('what is recorded stays', () => {
  expect(updateRefusals(ControllerRevision, revision({ data: { spec: 1 } }), revision())).toEqual([
    'data: Invalid value: {"spec":1}: field is immutable',
  ])
  expect(updateRefusals(ControllerRevision, revision({ revision: 2 }), revision())).toEqual([])
})

test('kubectl get', () => {
  expect(row(ControllerRevision, revision(), 0)).toMatchObject({ Controller: 'statefulset.apps/db', Revision: 1 })
})
