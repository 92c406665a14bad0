import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { ObjectMeta } from '../../object.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

const RULES = { namespaced: true, name: nameIsDnsSubdomain }
const GOOD: ObjectMeta = { name: 'web', namespace: 'default' }
const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u' }
const UNQUALIFIED = 'name is neither a standard finalizer name nor is it fully qualified'

describe('new objects', () => {
  test.each<[string, Partial<ObjectMeta>, readonly string[]]>([
    ['plain', {}, []],
    ['no name', { name: '' }, ['metadata.name: Required value: name or generateName is required']],
    ['no namespace', { namespace: '' }, ['metadata.namespace: Required value']],
    ['one controller', { ownerReferences: [{ ...OWNER, controller: true }, OWNER] }, []],
    [
      'two controllers',
      {
        ownerReferences: [
          { ...OWNER, controller: true },
          { ...OWNER, name: 'other', controller: true },
        ],
      },
      [
        `metadata.ownerReferences: Invalid value: ${JSON.stringify([
          { ...OWNER, controller: true },
          { ...OWNER, name: 'other', controller: true },
        ])}: Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/web and ReplicaSet/other`,
      ],
    ],
    [
      'an owner of nothing',
      { ownerReferences: [{ apiVersion: 'a/b/c', kind: '', name: '', uid: '' }] },
      [
        'metadata.ownerReferences[0].apiVersion: Invalid value: "a/b/c": must be <group>/<version> or <version>',
        'metadata.ownerReferences[0].kind: Required value: must not be empty',
        'metadata.ownerReferences[0].name: Required value: must not be empty',
        'metadata.ownerReferences[0].uid: Required value: must not be empty',
      ],
    ],
    ['finalizers', { finalizers: ['example.com/clean', 'kubernetes', 'orphan'] }, []],
    [
      'a finalizer that is nobodys',
      { finalizers: ['clean'] },
      [`metadata.finalizers[0]: Invalid value: "clean": ${UNQUALIFIED}`],
    ],
    [
      'finalizers that exclude each other',
      { finalizers: ['orphan', 'foregroundDeletion'] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
  ])('%s', (_, meta, expected) => {
    expect(printCauses(validateObjectMeta({ ...GOOD, ...meta }, RULES))).toEqual(expected)
  })

  test('of the cluster have no namespace, and those of other groups any finalizer', () => {
    expect(printCauses(validateObjectMeta(GOOD, { ...RULES, namespaced: false }))).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ])
    expect(
      printCauses(validateObjectMeta({ ...GOOD, finalizers: ['clean'] }, { ...RULES, allowAnyFinalizer: true })),
    ).toEqual([])
  })
})

describe('updates', () => {
  const dying: ObjectMeta = { ...GOOD, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/a'] }

  test.each<[string, ObjectMeta, ObjectMeta, readonly string[]]>([
    ['nothing', GOOD, GOOD, []],
    ['the last finalizer of what is being deleted', { ...dying, finalizers: [] }, dying, []],
    [
      'more finalizers on what is being deleted',
      { ...dying, finalizers: ['example.com/a', 'example.com/c', 'example.com/b'] },
      dying,
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/b", "example.com/c"}',
      ],
    ],
    [
      'a label',
      { ...GOOD, labels: { a: 'b c' } },
      GOOD,
      [
        "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
  ])('%s', (_, meta, old, expected) => {
    expect(printCauses(validateObjectMetaUpdate(meta, old))).toEqual(expected)
  })
})
