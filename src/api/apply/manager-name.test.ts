import { expect, test } from 'vitest'
import { managerOf, validateFieldManager, validateManagedFields } from './manager-name.ts'

test.each([
  { given: 'argocd', agent: 'kubectl/v1.35', manager: 'argocd' },
  { given: undefined, agent: 'kube-controller-manager/v1.35.0 (linux/amd64)', manager: 'kube-controller-manager' },
  { given: '', agent: `${'x'.repeat(200)}/1`, manager: 'x'.repeat(128) },
  { given: '', agent: '', manager: '' },
])('$given and $agent make $manager', ({ given, agent, manager }) => {
  expect(managerOf(given, agent)).toBe(manager)
})

test('a manager has at most 128 bytes, and can be printed', () => {
  expect([...validateFieldManager('a'.repeat(129), 'fieldManager')]).toMatchObject([{ reason: 'FieldValueTooLong' }])
  expect([...validateFieldManager('a\tb', 'fieldManager')]).toMatchObject([
    { message: 'Invalid value: "a\\tb": invalid character U+0009 (at position 1)' },
  ])
})

test('entries say by what operation they came', () => {
  const entries = [{ manager: 'a', fieldsType: 'FieldsV2' }]
  expect([...validateManagedFields(entries, 'metadata.managedFields')]).toMatchObject([
    { field: 'metadata.managedFields[0].operation', message: 'Required value: must not be empty' },
    { field: 'metadata.managedFields[0].fieldsType', message: 'Invalid value: "FieldsV2": must be `FieldsV1`' },
  ])
})
