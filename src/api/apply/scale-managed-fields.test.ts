import { expect, test } from 'vitest'
import type { ManagedFieldsEntry } from '../object.ts'
import { fieldElement } from './path-element.ts'
import { entriesOfParent, entriesOfScale } from './scale-managed-fields.ts'

const replicas = new Map([['apps/v1', [fieldElement('spec'), fieldElement('replicas')]]])

const parent: readonly ManagedFieldsEntry[] = [
  {
    manager: 'kubectl',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    time: '2026-01-01T06:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } },
  },
]

test('a Scale shows who owns the replicas', () => {
  expect(entriesOfScale(parent, replicas)).toMatchObject([
    { manager: 'kubectl', apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
  ])
})

test('whoever scales takes the replicas from their owner', () => {
  const scaler: ManagedFieldsEntry = {
    manager: 'hpa',
    operation: 'Update',
    apiVersion: 'autoscaling/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    subresource: 'scale',
  }
  expect(
    entriesOfParent(parent, [{ ...scaler, time: '2026-01-01T12:00:00Z' }], { replicas, apiVersion: 'apps/v1' }),
  ).toEqual([
    { ...parent[0], fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    { ...scaler, apiVersion: 'apps/v1' },
  ])
})

test('where nobody scaled, nothing changes', () => {
  expect(entriesOfParent(parent, entriesOfScale(parent, replicas), { replicas, apiVersion: 'apps/v1' })).toBe(parent)
})
