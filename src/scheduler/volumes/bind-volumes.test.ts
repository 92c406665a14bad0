import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { type SchedulerCluster, schedulerCluster } from '../../../test/scheduler/scheduler-cluster.ts'

const KEY = { namespace: 'default', name: 'data' }

const storageClass = (provisioner: string) =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'late' },
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
  }) as ApiObject

const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'late' },
} as ApiObject

const volume = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'pv' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'late',
    hostPath: { path: '/data' },
  },
} as ApiObject

const mounting = (name: string) =>
  podOf(name, { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] } })

/** What the volume controller does once a claim has its volume. */
async function completeBinding({ cluster: { client } }: SchedulerCluster, volumeName: string): Promise<void> {
  const stored = (await client.get(PersistentVolumeClaim, KEY)) as PersistentVolumeClaim
  const annotations = { ...stored.metadata.annotations, 'pv.kubernetes.io/bind-completed': 'yes' }
  await client.update({
    ...stored,
    metadata: { ...stored.metadata, annotations },
    spec: { ...stored.spec, volumeName },
  })
}

async function setUp(provisioner: string): Promise<SchedulerCluster> {
  const it = await schedulerCluster({ before: [nodeOf('n1'), storageClass(provisioner), claim, volume] })
  const { client } = it.cluster
  const stored = (await client.get(PersistentVolume, { name: 'pv' })) as PersistentVolume
  await client.updateStatus(stored, { phase: 'Available' })
  return it
}

describe('a claim that waits for its pod', () => {
  test('gets a volume that is there set aside, and the pod goes when it is bound', async () => {
    await using it = await setUp('kubernetes.io/no-provisioner')
    await it.create(mounting('web'))
    const taken = await it.cluster.client.get(PersistentVolume, { name: 'pv' })
    expect(taken?.spec.claimRef).toMatchObject({ kind: 'PersistentVolumeClaim', ...KEY })
    expect(taken?.metadata.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' })
    expect(await it.nodes()).toEqual({ web: '-' })
    await completeBinding(it, 'pv')
    await it.settle()
    expect(await it.nodes()).toEqual({ web: 'n1' })
  })

  test('is told the node for which a volume is to be made', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1'), storageClass('csi.example.com'), claim] })
    await it.create(mounting('web'))
    const told = await it.cluster.client.get(PersistentVolumeClaim, KEY)
    expect(told?.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n1')
    await it.cluster.client.create(volume)
    await completeBinding(it, 'pv')
    await it.settle()
    expect(await it.nodes()).toEqual({ web: 'n1' })
  })

  test('that cannot be provisioned there lets the pod go back', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1'), storageClass('csi.example.com'), claim] })
    await it.create(mounting('web'))
    const told = (await it.cluster.client.get(PersistentVolumeClaim, KEY)) as PersistentVolumeClaim
    await it.cluster.client.update({ ...told, metadata: { ...told.metadata, annotations: {} } })
    await it.settle()
    expect(await it.messages('web', 'FailedScheduling')).toEqual([
      'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"',
    ])
    await it.settle(1_000)
    const again = await it.cluster.client.get(PersistentVolumeClaim, KEY)
    expect(again?.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n1')
  })

  test('that is not bound within ten minutes lets the pod go back', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1'), storageClass('csi.example.com'), claim] })
    await it.create(mounting('web'))
    await it.settle(600_000)
    expect(await it.messages('web', 'FailedScheduling')).toEqual([
      'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    ])
  })

  test('other pods are placed meanwhile', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1'), storageClass('csi.example.com'), claim] })
    await it.create(mounting('slow'), podOf('quick'))
    expect(await it.nodes()).toEqual({ slow: '-', quick: 'n1' })
  })
})

test('a pod whose claim comes late is placed when it is bound', async () => {
  await using it = await schedulerCluster({ before: [nodeOf('n1')] })
  await it.create(mounting('web'))
  expect(await it.messages('web', 'FailedScheduling')).toEqual([
    '0/1 nodes are available: persistentvolumeclaim "data" not found. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
  ])
  await it.create(claim, volume)
  await completeBinding(it, 'pv')
  await it.settle()
  expect(await it.nodes()).toEqual({ web: 'n1' })
})
