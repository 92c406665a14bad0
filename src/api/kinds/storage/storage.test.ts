import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { CSIDriver } from './csi-driver.ts'
import { CSINode } from './csi-node.ts'
import { CSIStorageCapacity } from './csi-storage-capacity.ts'
import { StorageClass } from './storage-class.ts'
import { VolumeAttachment } from './volume-attachment.ts'
import { VolumeAttributesClass } from './volume-attributes-class.ts'

const apiVersion = 'storage.k8s.io/v1'

function storageClass(change: Partial<StorageClass> = {}): StorageClass {
  return { apiVersion, kind: 'StorageClass', metadata: { name: 'fast' }, provisioner: 'ebs.csi.aws.com', ...change }
}

describe('a StorageClass', () => {
  test('deletes and binds at once unless it says otherwise', () => {
    const made = created(StorageClass, storageClass())
    expect(made).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' })
    expect(StorageClass.default?.(made)).toBe(made)
  })

  const zone = (...values: readonly string[]): object => ({ matchLabelExpressions: [{ key: 'zone', values }] })

  test.each<[Partial<StorageClass>, readonly string[]]>([
    [{}, []],
    [{ provisioner: '' }, ['provisioner: Required value']],
    [
      { reclaimPolicy: 'Recycle' },
      ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    ],
    [
      { volumeBindingMode: 'Never' },
      ['volumeBindingMode: Unsupported value: "Never": supported values: "Immediate", "WaitForFirstConsumer"'],
    ],
    [
      { allowedTopologies: [zone('a', 'a'), zone()] },
      [
        'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
        'allowedTopologies[1].matchLabelExpressions[0].values: Required value',
      ],
    ],
    [
      { allowedTopologies: [zone('a', 'b'), zone('b', 'a')] },
      ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
    ],
  ])('%j', (change, expected) => {
    expect(refusals(StorageClass, storageClass(change))).toEqual(expected)
  })

  test.each<[Partial<StorageClass>, readonly string[]]>([
    [{ allowVolumeExpansion: true, mountOptions: ['ro'] }, []],
    [{ parameters: { type: 'gp3' } }, ['parameters: Forbidden: updates to parameters are forbidden.']],
    [{ provisioner: 'other' }, ['provisioner: Forbidden: updates to provisioner are forbidden.']],
    [{ reclaimPolicy: 'Retain' }, ['reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.']],
    [
      { volumeBindingMode: 'WaitForFirstConsumer' },
      ['volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'],
    ],
  ])('updated with %j', (change, expected) => {
    expect(updateRefusals(StorageClass, storageClass(change), storageClass())).toEqual(expected)
  })

  test('says that it is the default', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    const object = created(StorageClass, storageClass({ metadata: { name: 'fast', annotations } }))
    expect(row(StorageClass, object, 0)).toEqual({
      Name: 'fast (default)',
      Provisioner: 'ebs.csi.aws.com',
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
      Age: '<unknown>',
    })
  })
})

test('a VolumeAttributesClass never changes', () => {
  const make = (type: string): VolumeAttributesClass => ({
    apiVersion,
    kind: 'VolumeAttributesClass',
    metadata: { name: 'gold' },
    driverName: 'ebs.csi.aws.com',
    parameters: { type },
  })
  expect(refusals(VolumeAttributesClass, make('io2'))).toEqual([])
  expect(refusals(VolumeAttributesClass, { ...make('io2'), parameters: {} })).toEqual([
    'parameters: Required value: must contain at least one key/value pair',
  ])
  expect(updateRefusals(VolumeAttributesClass, make('gp3'), make('io2'))).toEqual([
    'parameters: Forbidden: updates to parameters are forbidden.',
  ])
})

describe('a CSIDriver', () => {
  const make = (spec: CSIDriver['spec'] = {}): CSIDriver => ({
    apiVersion,
    kind: 'CSIDriver',
    metadata: { name: 'ebs.csi.aws.com' },
    spec,
  })

  test('what is left out of it', () => {
    expect(created(CSIDriver, make()).spec).toEqual({
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    })
  })

  test.each<[CSIDriver['spec'], readonly string[]]>([
    [{}, []],
    [
      { fsGroupPolicy: 'All' },
      ['spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
    ],
    [
      { volumeLifecycleModes: ['Eternal'] },
      ['spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"'],
    ],
    [
      { tokenRequests: [{ audience: 'a', expirationSeconds: 60 }, { audience: 'a' }] },
      [
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(CSIDriver, make(spec))).toEqual(expected)
  })

  test('keeps how it attaches', () => {
    expect(updateRefusals(CSIDriver, make({ attachRequired: false }), make())).toEqual([
      'spec.attachedRequired: Invalid value: false: field is immutable',
    ])
  })

  test('kubectl get', () => {
    expect(row(CSIDriver, created(CSIDriver, make()), 0)).toMatchObject({
      AttachRequired: true,
      TokenRequests: '<unset>',
      Modes: 'Persistent',
    })
  })
})

test('a CSINode lists each driver once, and only its room changes', () => {
  const driver = { name: 'ebs.csi.aws.com', nodeID: 'i-1', allocatable: { count: 25 } }
  const make = (...drivers: readonly object[]): CSINode => ({
    apiVersion,
    kind: 'CSINode',
    metadata: { name: 'node-1' },
    spec: { drivers: drivers as CSINode['spec']['drivers'] },
  })
  expect(refusals(CSINode, make(driver, { ...driver, nodeID: '' }))).toEqual([
    'spec.drivers[1].nodeID: Required value',
    'spec.drivers[1].name: Duplicate value: "ebs.csi.aws.com"',
  ])
  expect(updateRefusals(CSINode, make({ ...driver, allocatable: { count: 3 } }), make(driver))).toEqual([])
  expect(updateRefusals(CSINode, make({ ...driver, nodeID: 'i-2' }), make(driver))).toEqual([
    'spec.drivers: Invalid value: {"name":"ebs.csi.aws.com","nodeID":"i-2"}: field is immutable',
  ])
})

test('what a CSIStorageCapacity is about stays', () => {
  const make = (storageClassName: string, capacity = '10Gi'): CSIStorageCapacity => ({
    apiVersion,
    kind: 'CSIStorageCapacity',
    metadata: { name: 'c', namespace: 'ops' },
    storageClassName,
    capacity,
  })
  expect(refusals(CSIStorageCapacity, make('fast', '-1'))).toEqual([
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ])
  expect(updateRefusals(CSIStorageCapacity, make('slow', '1Gi'), make('fast'))).toEqual([
    'storageClassName: Invalid value: "slow": field is immutable',
  ])
})

test('a VolumeAttachment attaches one volume, for good', () => {
  const make = (source: object, nodeName = 'node-1'): VolumeAttachment => ({
    apiVersion,
    kind: 'VolumeAttachment',
    metadata: { name: 'a' },
    spec: { attacher: 'ebs.csi.aws.com', nodeName, source },
  })
  expect(refusals(VolumeAttachment, make({}))).toEqual([
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ])
  expect(created(VolumeAttachment, make({})).status).toEqual({ attached: false })
  const source = { persistentVolumeName: 'pv-1' }
  expect(updateRefusals(VolumeAttachment, make(source, 'node-2'), make(source))[0]).toMatch(
    /^spec: Invalid value: .*: field is immutable$/,
  )
})
