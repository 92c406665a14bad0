import { describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { Event } from '../../api/kinds/core/event.ts'
import type { Node } from '../../api/kinds/core/node.ts'
import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { StorageClass } from '../../api/kinds/storage/storage-class.ts'
import { claimResize } from '../../apiserver/admission/claim-resize.ts'
import { namespaceLifecycle } from '../../apiserver/admission/namespace-lifecycle.ts'
import { storageObjectInUse } from '../../apiserver/admission/storage.ts'
import type { Kind } from '../../api/kind.ts'
import { clusterControllers } from '../cluster-controllers.ts'

const KEY = { namespace: 'default', name: 'data' }

async function storageCluster(): Promise<TestCluster> {
  const cluster = await testCluster({ admission: [namespaceLifecycle, storageObjectInUse, claimResize] })
  const { client, informers, clock, world } = cluster
  const random = world.random.fork('controllers')
  const events = (component: string) => cluster.events(component)
  await cluster.run(...clusterControllers({ client, informers, clock, random, events }))
  return cluster
}

function claim(spec: Partial<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim {
  const resources = { requests: { storage: '5Gi' } }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: KEY,
    spec: { accessModes: ['ReadWriteOnce'], resources, ...spec },
  }
}

function volume(name: string, spec: Partial<PersistentVolume['spec']> = {}): PersistentVolume {
  const capacity = { storage: '10Gi' }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], capacity, nfs: { server: 'files', path: '/' }, ...spec },
  }
}

function storageClass(name: string, rest: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'disk.example.com',
    ...rest,
  }
}

async function eventsOf({ client }: TestCluster, name: string): Promise<readonly string[]> {
  const { items } = await client.list(Event)
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map(({ reason, message }) => `${reason}: ${message}`)
}

async function phases({ client }: TestCluster, name: string): Promise<(string | undefined)[]> {
  return [
    (await client.get(PersistentVolumeClaim, KEY))?.status?.phase,
    (await client.get(PersistentVolume, { name }))?.status?.phase,
  ]
}

describe('volumes that people made', () => {
  test('a claim takes a volume, and leaves it released when it goes', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(claim({ storageClassName: '' }))
    await clock.advance(10)
    expect(await eventsOf(cluster, 'data')).toEqual([
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ])
    await client.create(volume('disk'))
    await clock.advance(10)
    expect(await phases(cluster, 'disk')).toEqual(['Bound', 'Bound'])
    const bound = await client.get(PersistentVolumeClaim, KEY)
    expect(bound?.spec.volumeName).toBe('disk')
    expect(bound?.status).toMatchObject({ accessModes: ['ReadWriteOnce'], capacity: { storage: '10Gi' } })
    expect(bound?.metadata.annotations).toEqual({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    })
    await client.delete(PersistentVolumeClaim as unknown as Kind, KEY)
    await clock.advance(10)
    expect(await phases(cluster, 'disk')).toEqual([undefined, 'Released'])
    expect(cluster.errors).toEqual([])
  })

  test('a claim whose volume is deleted is lost', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(volume('disk', { claimRef: KEY }))
    await client.create(claim({ storageClassName: '', volumeName: 'disk' }))
    await clock.advance(10)
    expect(await phases(cluster, 'disk')).toEqual(['Bound', 'Bound'])
    const disk = await client.get(PersistentVolume, { name: 'disk' })
    await client.update({ ...disk!, metadata: { ...disk!.metadata, finalizers: [] } })
    await client.delete(PersistentVolume as unknown as Kind, { name: 'disk' })
    await clock.advance(10)
    expect(await phases(cluster, 'disk')).toEqual(['Lost', undefined])
    expect(await eventsOf(cluster, 'data')).toEqual([
      'ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    ])
  })

  test('a volume that is too small is not taken, even when named', async () => {
    await using cluster = await storageCluster()
    await cluster.client.create(volume('disk', { capacity: { storage: '1Gi' } }))
    await cluster.client.create(claim({ storageClassName: '', volumeName: 'disk' }))
    await cluster.clock.advance(10)
    expect(await phases(cluster, 'disk')).toEqual(['Pending', 'Available'])
    expect(await eventsOf(cluster, 'data')).toEqual([
      'VolumeMismatch: Cannot bind to requested volume "disk": requested PV is too small',
    ])
  })

  test('deletion without anybody who can delete fails, and says so', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(volume('disk', { persistentVolumeReclaimPolicy: 'Delete' }))
    await client.create(claim({ storageClassName: '' }))
    await clock.advance(10)
    await client.delete(PersistentVolumeClaim as unknown as Kind, KEY)
    await clock.advance(10)
    expect(await phases(cluster, 'disk')).toEqual([undefined, 'Failed'])
    expect(await eventsOf(cluster, 'disk')).toEqual([
      'VolumeFailedDelete: error getting deleter volume plugin for volume "disk": no deletable volume plugin matched',
    ])
  })
})

describe('volumes that classes provide', () => {
  test('a claim of an immediate class gets a volume at once, which goes with it', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(claim({ storageClassName: 'fast' }))
    await clock.advance(10)
    await client.create(storageClass('fast', { mountOptions: ['noatime'] }))
    await clock.advance(10)
    const bound = await client.get(PersistentVolumeClaim, KEY)
    const name = `pvc-${bound?.metadata.uid}`
    expect(await phases(cluster, name)).toEqual(['Bound', 'Bound'])
    expect(await eventsOf(cluster, 'data')).toHaveLength(4)
    expect(await eventsOf(cluster, 'data')).toEqual(
      expect.arrayContaining([
        'ProvisioningFailed: storageclass.storage.k8s.io "fast" not found',
        "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'disk.example.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
        'Provisioning: External provisioner is provisioning volume for claim "default/data"',
        `ProvisioningSucceeded: Successfully provisioned volume ${name}`,
      ]),
    )
    const made = await client.get(PersistentVolume, { name })
    expect(made?.spec).toMatchObject({
      capacity: { storage: '5Gi' },
      storageClassName: 'fast',
      persistentVolumeReclaimPolicy: 'Delete',
      mountOptions: ['noatime'],
      claimRef: { namespace: 'default', name: 'data' },
      csi: { driver: 'disk.example.com', volumeHandle: name },
    })
    await client.delete(PersistentVolumeClaim as unknown as Kind, KEY)
    await clock.advance(10)
    expect(await phases(cluster, name)).toEqual([undefined, undefined])
    expect(cluster.errors).toEqual([])
  })

  test('a class that waits for pods gets its volume in the zone of the node that the scheduler chose', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    const labels = { 'topology.kubernetes.io/zone': 'mumbai-a' }
    await client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels } } as unknown as Node)
    await client.create(storageClass('late', { volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Retain' }))
    await client.create(claim({ storageClassName: 'late' }))
    await clock.advance(10)
    expect(await eventsOf(cluster, 'data')).toEqual([
      'WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ])
    const annotations = { 'volume.kubernetes.io/selected-node': 'n1' }
    await client.mergePatch(PersistentVolumeClaim, KEY, { metadata: { annotations } })
    await clock.advance(10)
    const bound = await client.get(PersistentVolumeClaim, KEY)
    const made = await client.get(PersistentVolume, { name: bound?.spec.volumeName ?? '' })
    expect(made?.spec.nodeAffinity?.required?.nodeSelectorTerms).toEqual([
      { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['mumbai-a'] }] },
    ])
    await client.delete(PersistentVolumeClaim as unknown as Kind, KEY)
    await clock.advance(10)
    expect(await phases(cluster, bound?.spec.volumeName ?? '')).toEqual([undefined, 'Released'])
  })

  test('a class without provisioner provides nothing', async () => {
    await using cluster = await storageCluster()
    await cluster.client.create(storageClass('manual', { provisioner: 'kubernetes.io/no-provisioner' }))
    await cluster.client.create(claim({ storageClassName: 'manual' }))
    await cluster.clock.advance(10)
    expect((await cluster.client.get(PersistentVolumeClaim, KEY))?.status?.phase).toBe('Pending')
    expect(await eventsOf(cluster, 'data')).toEqual([
      'ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
    ])
  })

  test('a claim without a class gets the default class as soon as there is one', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(claim())
    await clock.advance(10)
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    await client.create({ ...storageClass('usual'), metadata: { name: 'usual', annotations } })
    await clock.advance(10)
    const bound = await client.get(PersistentVolumeClaim, KEY)
    expect([bound?.spec.storageClassName, bound?.status?.phase]).toEqual(['usual', 'Bound'])
  })

  test('a bound claim that asks for more gets more', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(storageClass('fast', { allowVolumeExpansion: true }))
    await client.create(claim({ storageClassName: 'fast' }))
    await clock.advance(10)
    await client.mergePatch(PersistentVolumeClaim, KEY, { spec: { resources: { requests: { storage: '8Gi' } } } })
    await clock.advance(10)
    const grown = await client.get(PersistentVolumeClaim, KEY)
    expect(grown?.status?.capacity).toEqual({ storage: '8Gi' })
    const disk = await client.get(PersistentVolume, { name: grown?.spec.volumeName ?? '' })
    expect(disk?.spec.capacity).toEqual({ storage: '8Gi' })
  })

  test('a claim does not grow against its class', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    const grow = () =>
      client.mergePatch(PersistentVolumeClaim, KEY, { spec: { resources: { requests: { storage: '8Gi' } } } })
    await client.create(claim({ storageClassName: 'fast' }))
    await client.create(storageClass('fast'))
    await clock.advance(10)
    await expect(grow()).rejects.toThrow(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  })

  test('three hundred claims are bound, each to a volume of its own', async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(storageClass('fast'))
    for (let index = 0; index < 300; index++) {
      await client.create({ ...claim({ storageClassName: 'fast' }), metadata: { ...KEY, name: `data-${index}` } })
    }
    await clock.advance(1_000)
    const { items } = await client.list(PersistentVolumeClaim)
    expect(items.every(({ status }) => status?.phase === 'Bound')).toBe(true)
    expect(new Set(items.map(({ spec }) => spec.volumeName)).size).toBe(300)
    expect(cluster.errors).toEqual([])
  })
})

describe('claims in use', () => {
  const pod = (nodeName: string | undefined): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      containers: [{ name: 'web', image: 'web' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      ...(nodeName === undefined ? {} : { nodeName }),
    },
  })

  test.each([
    { nodeName: 'n1', isKept: true },
    { nodeName: undefined, isKept: false },
  ])('a deleted claim of a pod on node $nodeName stays: $isKept', async ({ nodeName, isKept }) => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    await client.create(claim({ storageClassName: '' }))
    await client.create(pod(nodeName))
    await client.delete(PersistentVolumeClaim as unknown as Kind, KEY)
    await clock.advance(10)
    expect((await client.get(PersistentVolumeClaim, KEY)) !== undefined).toBe(isKept)
    await client.delete(Pod as unknown as Kind, { ...KEY, name: 'web' }, { gracePeriodSeconds: 0 })
    await clock.advance(10)
    expect(await client.get(PersistentVolumeClaim, KEY)).toBeUndefined()
  })

  test("a pod's ephemeral volume gets a claim that the pod owns", async () => {
    await using cluster = await storageCluster()
    const { client, clock } = cluster
    const volumeClaimTemplate = { metadata: { labels: { a: 'b' } }, spec: claim().spec } as never
    const spec = { ...pod(undefined).spec, volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate } }] }
    const web = await client.create({ ...pod(undefined), spec })
    await clock.advance(10)
    const made = await client.get(PersistentVolumeClaim, { ...KEY, name: 'web-scratch' })
    expect(made?.metadata).toMatchObject({ labels: { a: 'b' }, ownerReferences: [{ uid: web.metadata.uid }] })
  })
})
