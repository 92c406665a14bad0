import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  PersistentVolumeSpec,
} from '../../types.generated.ts'
import { PersistentVolumeClaim } from './persistent-volume-claim.ts'
import { PersistentVolume } from './persistent-volume.ts'

describe('PersistentVolumeClaim', () => {
  const plain: PersistentVolumeClaimSpec = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  }

  function created(spec: Partial<PersistentVolumeClaimSpec> = {}, status: PersistentVolumeClaimStatus = {}) {
    const claim: PersistentVolumeClaim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'shop', resourceVersion: '1' },
      spec: { ...plain, ...spec },
    }
    const filled = PersistentVolumeClaim.prepareForCreate?.(claim) ?? claim
    return { ...filled, status: { ...filled.status, ...status } }
  }

  test('waits for a volume with files on it', () => {
    const claim = created()
    expect(claim).toMatchObject({ spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } })
    expect(PersistentVolumeClaim.default?.(claim)).toBe(claim)
    expect(printCauses(PersistentVolumeClaim.validate?.(claim))).toEqual([])
  })

  test('says its source twice, and drops one that nobody knew of old', () => {
    const dataSource = { kind: 'PersistentVolumeClaim', name: 'old' }
    expect(created({ dataSource }).spec.dataSourceRef).toEqual(dataSource)
    expect(created({ dataSourceRef: dataSource }).spec.dataSource).toEqual(dataSource)
    expect(created({ dataSource: { kind: 'Backup', name: 'old' } }).spec.dataSource).toBeUndefined()
  })

  test.each<[Partial<PersistentVolumeClaimSpec>, readonly string[]]>([
    [{ accessModes: [] }, ['spec.accessModes: Required value: at least 1 access mode is required']],
    [
      { accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      { accessModes: ['Write'] },
      [
        'spec.accessModes: Unsupported value: "Write": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    ],
    [{ resources: {} }, ['spec.resources[storage]: Required value']],
    [
      { resources: { requests: { storage: '0' } } },
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [{ volumeMode: 'Tape' }, ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"']],
  ])('%j', (spec, problems) => {
    expect(printCauses(PersistentVolumeClaim.validate?.(created(spec)))).toEqual(problems)
  })

  test.each<[string, Partial<PersistentVolumeClaimSpec>, Partial<PersistentVolumeClaimSpec>, string | undefined]>([
    ['it is given a volume', { volumeName: 'pv' }, {}, undefined],
    ['it is given a class', { storageClassName: 'fast' }, {}, undefined],
    ['it grows', { resources: { requests: { storage: '2Gi' } } }, {}, undefined],
    [
      'it moves',
      { volumeName: 'other' },
      { volumeName: 'pv' },
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n- \tvolumeName: "pv"\n+ \tvolumeName: "other"\n',
    ],
    [
      'it shrinks below what it has',
      { resources: { requests: { storage: '512Mi' } } },
      {},
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ],
  ])('once bound: %s', (_what, change, before, problem) => {
    const old = created(before, { phase: 'Bound', capacity: { storage: '1Gi' } })
    const next = PersistentVolumeClaim.prepareForUpdate?.({ ...old, spec: { ...old.spec, ...change } }, old) ?? old
    expect(printCauses(PersistentVolumeClaim.validate?.(next, old))).toEqual(problem === undefined ? [] : [problem])
  })

  test('does not grow while it is pending', () => {
    const old = created()
    const next = { ...old, spec: { ...old.spec, resources: { requests: { storage: '2Gi' } } } }
    expect(printCauses(PersistentVolumeClaim.validate?.(next, old))[0]).toMatch('spec: Forbidden: spec is immutable')
  })

  test('columns', () => {
    const cells = (claim: PersistentVolumeClaim) =>
      (PersistentVolumeClaim.columns ?? []).map(({ cell }) => cell(claim, 0))
    expect(cells(created())).toEqual(['data', 'Pending', '', '', '', '', '<unset>', '<unknown>', 'Filesystem'])
    const status = { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] }
    expect(cells(created({ volumeName: 'pv', storageClassName: 'fast' }, status))).toEqual([
      'data',
      'Bound',
      'pv',
      '1Gi',
      'RWO,RWX',
      'fast',
      '<unset>',
      '<unknown>',
      'Filesystem',
    ])
  })
})

describe('PersistentVolume', () => {
  const plain: PersistentVolumeSpec = {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    hostPath: { path: '/data' },
  }

  function created(spec: PersistentVolumeSpec = plain): PersistentVolume {
    const volume: PersistentVolume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv', resourceVersion: '1' },
      spec,
    }
    const prepared = PersistentVolume.prepareForCreate?.(volume) ?? volume
    return PersistentVolume.default?.(prepared) ?? prepared
  }

  test('is kept when it is released', () => {
    const volume = created()
    expect(volume).toMatchObject({
      spec: {
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Filesystem',
        hostPath: { path: '/data', type: '' },
      },
      status: { phase: 'Pending' },
    })
    expect(PersistentVolume.default?.(volume)).toBe(volume)
    expect(printCauses(PersistentVolume.validate?.(volume))).toEqual([])
  })

  test.each<[PersistentVolumeSpec, readonly string[]]>([
    [
      { hostPath: { path: '/data' } },
      [
        'spec.accessModes: Required value',
        'spec.capacity: Required value',
        'spec.capacity: Unsupported value: {}: supported values: "storage"',
      ],
    ],
    [
      { ...plain, capacity: { storage: '1Gi', cpu: '1' } },
      ['spec.capacity: Unsupported value: {"storage":"1Gi","cpu":"1"}: supported values: "storage"'],
    ],
    [
      { ...plain, csi: { driver: 'd', volumeHandle: 'h' } },
      ['spec.csi: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } },
      ['spec: Required value: must specify a volume type'],
    ],
    [
      { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/disk' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      { ...plain, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
    [
      { ...plain, persistentVolumeReclaimPolicy: 'Burn' },
      [
        'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      ],
    ],
  ])('%j', (spec, problems) => {
    expect(printCauses(PersistentVolume.validate?.(created(spec)))).toEqual(problems)
  })

  test('does not become another volume', () => {
    const old = created()
    const moved = created({ ...plain, hostPath: { path: '/other' } })
    expect(printCauses(PersistentVolume.validate?.(moved, old))).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n- \thostPath.path: "/data"\n+ \thostPath.path: "/other"\n',
    ])
    const claimed = created({ ...plain, claimRef: { namespace: 'shop', name: 'data' } })
    expect(printCauses(PersistentVolume.validate?.(claimed, old))).toEqual([])
  })

  test('columns', () => {
    const volume = created({ ...plain, claimRef: { namespace: 'shop', name: 'data' }, storageClassName: 'fast' })
    expect((PersistentVolume.columns ?? []).map(({ cell }) => cell(volume, 0))).toEqual([
      'pv',
      '1Gi',
      'RWO',
      'Retain',
      'Pending',
      'shop/data',
      'fast',
      '<unset>',
      '',
      '<unknown>',
      'Filesystem',
    ])
  })
})
