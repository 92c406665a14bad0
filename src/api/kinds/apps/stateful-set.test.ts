import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { StatefulSetSpec } from '../../types.generated.ts'
import { StatefulSet } from './stateful-set.ts'

const CLAIM = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
} as const

function statefulSet(spec: Partial<StatefulSetSpec> = {}, name = 'db'): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'shop' },
    spec: {
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { name: '', labels: { app: 'db' } },
        spec: { containers: [{ name: 'db', image: 'mongo', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
      volumeClaimTemplates: [CLAIM],
      ...spec,
    },
  }
}

describe('defaults', () => {
  test('what is left out of a new StatefulSet', () => {
    const { spec, status } = created(StatefulSet, statefulSet())
    expect(spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    })
    expect(spec.volumeClaimTemplates?.[0]).toMatchObject({
      spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Pending' },
    })
    expect(status).toEqual({ replicas: 0, availableReplicas: 0 })
  })

  test.each([
    [{ type: 'OnDelete' }, { type: 'OnDelete' }],
    [{ type: 'RollingUpdate' }, { type: 'RollingUpdate' }],
    [{ type: '' }, { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } }],
    [
      { rollingUpdate: { partition: 2 } },
      { type: 'RollingUpdate', rollingUpdate: { partition: 2, maxUnavailable: 1 } },
    ],
  ])('update strategy %j becomes %j', (updateStrategy, expected) => {
    expect(created(StatefulSet, statefulSet({ updateStrategy })).spec.updateStrategy).toEqual(expected)
  })

  test('a complete StatefulSet is its own default', () => {
    const complete = created(StatefulSet, statefulSet())
    expect(StatefulSet.default?.(complete)).toBe(complete)
  })
})

describe('a new StatefulSet', () => {
  test.each<[string, Partial<StatefulSetSpec>, readonly string[]]>([
    ['may mount its claims', {}, []],
    [
      'mounts only what is there',
      { volumeClaimTemplates: [] },
      ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      'manages its pods one way or the other',
      { podManagementPolicy: 'Random' },
      ["spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      'names a known update strategy',
      { updateStrategy: { type: 'Blue' } },
      [
        'spec.updateStrategy: Invalid value: {"Type":"Blue","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
      ],
    ],
    [
      'updates at least one pod at a time',
      { updateStrategy: { rollingUpdate: { partition: -1, maxUnavailable: 0 } } },
      [
        'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0',
      ],
    ],
    [
      'keeps claims or deletes them',
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Burn' } },
      [
        'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Burn": supported values: "Retain", "Delete"',
      ],
    ],
    [
      'counts pods from zero',
      { ordinals: { start: -1 } },
      ['spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0'],
    ],
    ['may do without a service, as a zero says', { serviceName: '' }, []],
  ])('%s', (_, spec, expected) => {
    expect(refusals(StatefulSet, statefulSet(spec))).toEqual(expected)
  })

  test('has a name that can be a host name', () => {
    expect(refusals(StatefulSet, statefulSet({}, 'db.v1'))).toEqual([
      'metadata.name: Invalid value: "db.v1": must not contain dots',
    ])
  })
})

describe('an update', () => {
  test.each<[string, Partial<StatefulSetSpec>]>([
    ['replicas', { replicas: 5 }],
    ['updateStrategy', { updateStrategy: { type: 'OnDelete' } }],
    ['minReadySeconds', { minReadySeconds: 3 }],
    ['ordinals', { ordinals: { start: 2 } }],
    ['revisionHistoryLimit', { revisionHistoryLimit: 2 }],
    ['retention', { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } }],
  ])('may change %s', (_, spec) => {
    expect(updateRefusals(StatefulSet, statefulSet(spec), statefulSet())).toEqual([])
  })

  test.each<[string, Partial<StatefulSetSpec>]>([
    ['serviceName', { serviceName: 'other' }],
    ['podManagementPolicy', { podManagementPolicy: 'Parallel' }],
    ['claims', { volumeClaimTemplates: [{ ...CLAIM, spec: { ...CLAIM.spec, accessModes: ['ReadOnlyMany'] } }] }],
  ])('may not change %s', (_, spec) => {
    expect(updateRefusals(StatefulSet, statefulSet(spec), statefulSet())).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ])
  })
})

test('a status has no part that is greater than the whole', () => {
  const status = { replicas: 1, readyReplicas: 2, availableReplicas: 0 }
  expect(problems(StatefulSet.validateStatus?.({ ...statefulSet(), status }, statefulSet()))).toEqual([
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ])
})

test('kubectl get', () => {
  const object = { ...created(StatefulSet, statefulSet({ replicas: 3 })), status: { replicas: 3, readyReplicas: 1 } }
  expect(row(StatefulSet, object, 0)).toEqual({
    Name: 'db',
    Ready: '1/3',
    Age: '<unknown>',
    Containers: 'db',
    Images: 'mongo',
  })
})
