import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass, Volume } from '../../api/types.generated.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { explanationOf, on, refusalsOf } from '../../../test/scheduler/judgement.ts'

const nodes = [nodeOf('n1', { labels: { disk: 'x' } }), nodeOf('n2')]

function claim(name: string, spec: Partial<PersistentVolumeClaim['spec']> = {}, bound = false): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: 'default',
      uid: `claim-${name}`,
      ...(bound ? { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } } : {}),
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  }
}

function volume(name: string, spec: Partial<PersistentVolume['spec']> = {}, labels = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'local', ...spec },
    status: { phase: 'Available' },
  }
}

function storageClass(name: string, change: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'csi.example.com',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...change,
  }
}

function mounting(...claims: string[]) {
  const volumes = claims.map((claimName, index) => ({ name: `v${index}`, persistentVolumeClaim: { claimName } }))
  return podOf('p', { spec: { volumes } })
}

const onX = {
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['x'] }] }] },
}
const message = (pod: ReturnType<typeof podOf>, objects: readonly ApiObject[]) =>
  explanationOf(pod, { nodes, objects }).message

describe('VolumeBinding', () => {
  const NO_VOLUME = "node(s) didn't find available persistent volumes to bind"

  test.each([
    ['a claim that is not there', mounting('data'), [], 'persistentvolumeclaim "data" not found'],
    [
      'a claim that the volume controller has to bind first',
      mounting('data'),
      [claim('data')],
      'pod has unbound immediate PersistentVolumeClaims',
    ],
    [
      'a claim that has lost its volume',
      mounting('data'),
      [{ ...claim('data', { volumeName: 'pv' }), status: { phase: 'Lost' } }],
      'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"',
    ],
    [
      'an ephemeral claim that was not made yet',
      podOf('p', { spec: { volumes: [{ name: 'tmp', ephemeral: {} }] } }),
      [],
      'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-tmp"',
    ],
  ])('%s keeps the pod from every node', (_name, pod, objects, why) => {
    expect(message(pod, objects as ApiObject[])).toBe(`0/2 nodes are available: ${why}.`)
  })

  test('a bound volume ties the pod to the nodes that reach it', () => {
    const objects = [claim('data', { volumeName: 'pv' }, true), volume('pv', { nodeAffinity: onX })]
    expect(refusalsOf('VolumeBinding', mounting('data'), { nodes, objects })).toEqual({
      n1: 'ok',
      n2: "node(s) didn't match PersistentVolume's node affinity",
    })
    const profile = { plugins: { multiPoint: { disabled: [{ name: 'VolumeZone' }] } } }
    const alone = { nodes, objects: objects.slice(0, 1) }
    expect(refusalsOf('VolumeBinding', mounting('data'), { ...alone, profile }).n1).toBe(
      'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
    )
    expect(refusalsOf('VolumeZone', mounting('data'), alone).n1).toBe('persistentvolume "pv" not found')
  })

  test('a claim that waits for its pod needs a volume there, or one that can be made', () => {
    const local = storageClass('local', { provisioner: 'kubernetes.io/no-provisioner' })
    const waiting = claim('data', { storageClassName: 'local' })
    const objects = [waiting, local, volume('pv', { nodeAffinity: onX })]
    expect(refusalsOf('VolumeBinding', mounting('data'), { nodes, objects })).toEqual({ n1: 'ok', n2: NO_VOLUME })
    expect(refusalsOf('VolumeBinding', mounting('data'), { nodes, objects: [waiting, storageClass('local')] })).toEqual(
      {
        n1: 'ok',
        n2: 'ok',
      },
    )
    const elsewhere = storageClass('local', {
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'disk', values: ['x'] }] }],
    })
    expect(refusalsOf('VolumeBinding', mounting('data'), { nodes, objects: [waiting, elsewhere] }).n2).toBe(NO_VOLUME)
  })

  test('two claims do not get the same volume', () => {
    const local = storageClass('local', { provisioner: 'kubernetes.io/no-provisioner' })
    const claims = ['a', 'b'].map((name) => claim(name, { storageClassName: 'local' }))
    const judge = (...volumes: ApiObject[]) =>
      refusalsOf('VolumeBinding', mounting('a', 'b'), { nodes, objects: [...claims, local, ...volumes] }).n1
    expect(judge(volume('pv1'))).toBe(NO_VOLUME)
    expect(judge(volume('pv1'), volume('pv2'))).toBe('ok')
  })

  test('a driver that reports its capacity must have enough for the node', () => {
    const driver = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: 'csi.example.com' },
      spec: { storageCapacity: true },
    } as ApiObject
    const capacity = (text: string) =>
      ({
        apiVersion: 'storage.k8s.io/v1',
        kind: 'CSIStorageCapacity',
        metadata: { name: 'c', namespace: 'default' },
        storageClassName: 'local',
        nodeTopology: { matchLabels: { disk: 'x' } },
        capacity: text,
      }) as ApiObject
    const common = [claim('data', { storageClassName: 'local' }), storageClass('local'), driver]
    const judge = (text: string) =>
      refusalsOf('VolumeBinding', mounting('data'), { nodes, objects: [...common, capacity(text)] })
    const NO = 'node(s) did not have enough free storage'
    expect(judge('1Gi')).toEqual({ n1: 'ok', n2: NO })
    expect(judge('1000Mi')).toEqual({ n1: NO, n2: NO })
  })
})

describe('VolumeZone', () => {
  const ZONE = 'topology.kubernetes.io/zone'
  const zoned = [
    nodeOf('n1', { labels: { [ZONE]: 'east' } }),
    nodeOf('n2', { labels: { 'failure-domain.beta.kubernetes.io/zone': 'west' } }),
    nodeOf('n3'),
  ]

  test('a volume with a zone is used in that zone, or where there are none', () => {
    const objects = [claim('data', { volumeName: 'pv' }, true), volume('pv', {}, { [ZONE]: 'west__north' })]
    expect(refusalsOf('VolumeZone', mounting('data'), { nodes: zoned, objects })).toEqual({
      n1: 'node(s) had no available volume zone',
      n2: 'ok',
      n3: 'ok',
    })
  })
})

describe('VolumeRestrictions', () => {
  const disk = (readOnly: boolean): Volume => ({ name: 'd', gcePersistentDisk: { pdName: 'disk', readOnly } })

  test.each([
    [false, false, 'node(s) had no available disk'],
    [true, false, 'node(s) had no available disk'],
    [true, true, 'ok'],
  ])('a disk, read-only here %s and there %s: %s', (here, there, expected) => {
    const pods = [on('n1', podOf('a', { spec: { volumes: [disk(there)] } }))]
    const pod = podOf('p', { spec: { volumes: [disk(here)] } })
    expect(refusalsOf('VolumeRestrictions', pod, { nodes, pods })).toEqual({ n1: expected, n2: 'ok' })
  })

  test('a ReadWriteOncePod claim is used by one pod of the cluster', () => {
    const objects = [claim('data', { accessModes: ['ReadWriteOncePod'], volumeName: 'pv' }, true), volume('pv')]
    const { metadata, spec } = mounting('data')
    const pods = [on('n1', { ...podOf('a'), metadata: { ...metadata, name: 'a', uid: 'a' }, spec })]
    const NO = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'
    expect(refusalsOf('VolumeRestrictions', mounting('data'), { nodes, pods, objects })).toEqual({ n1: NO, n2: NO })
    expect(refusalsOf('VolumeRestrictions', mounting('data'), { nodes, objects })).toEqual({ n1: 'ok', n2: 'ok' })
  })
})

describe('NodeVolumeLimits', () => {
  const csiNode = (name: string, count: number) =>
    ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name },
      spec: { drivers: [{ name: 'csi.example.com', nodeID: name, allocatable: { count } }] },
    }) as ApiObject
  const csi = (name: string, handle: string) => [
    claim(name, { volumeName: `pv-${name}` }, true),
    volume(`pv-${name}`, { csi: { driver: 'csi.example.com', volumeHandle: handle } }),
  ]

  test('no more volumes than the driver can attach; the same volume counts once', () => {
    const objects = [csiNode('n1', 1), ...csi('a', 'one'), ...csi('b', 'two'), ...csi('c', 'one')]
    const pods = [on('n1', { ...mounting('a'), metadata: { name: 'a', namespace: 'default', uid: 'a' } })]
    const judge = (name: string) => refusalsOf('NodeVolumeLimits', mounting(name), { nodes, pods, objects })
    expect(judge('b')).toEqual({ n1: 'node(s) exceed max volume count', n2: 'ok' })
    expect(judge('c')).toEqual({ n1: 'ok', n2: 'ok' })
  })

  test('a volume yet to be made counts for its class', () => {
    const objects = [csiNode('n1', 0), claim('new', { storageClassName: 'local' }), storageClass('local')]
    expect(refusalsOf('NodeVolumeLimits', mounting('new'), { nodes, objects }).n1).toBe(
      'node(s) exceed max volume count',
    )
  })
})
