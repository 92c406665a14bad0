import { describe, expect, test } from 'vitest'
import { workloadCluster } from '../../../test/support/workload-cluster.ts'
import { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'

const KEY = { namespace: 'shop', name: 'db' }

function statefulSet(replicas: number, spec: Partial<StatefulSet['spec']> = {}): StatefulSet {
  const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'db:1' }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: KEY,
    spec: {
      replicas,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: template as never,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...spec,
    },
  }
}

function withClaims(spec: Partial<StatefulSet['spec']> = {}): StatefulSet {
  const resources = { requests: { storage: '1Gi' } }
  const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources } }
  return statefulSet(2, { volumeClaimTemplates: [claim as never], ...spec })
}

const IMAGE_2 = { spec: { template: { spec: { containers: [{ name: 'db', image: 'db:2' }] } } } }

describe('an ordered StatefulSet', () => {
  test('starts its pods one after the other', async () => {
    await using cluster = await workloadCluster()
    const { client, informers, clock } = cluster
    const startMs = clock.now()
    await client.create(statefulSet(3))
    const sets = informers.of(StatefulSet)
    const created: string[] = []
    informers.of(Pod).handle({
      added: ({ metadata }) => created.push(`${metadata.name} ${(clock.now() - startMs) / 1_000}`),
    })
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    expect(created).toEqual(['db-0 0', 'db-1 1', 'db-2 2'])
    const revision = sets.get(KEY)?.status?.currentRevision
    expect(revision).toMatch(/^db-[a-z0-9]+$/)
    expect(sets.get(KEY)?.status).toEqual({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      collisionCount: 0,
      observedGeneration: 1,
      currentRevision: revision,
      updateRevision: revision,
    })
    const pod = informers.of(Pod).get({ namespace: 'shop', name: 'db-1' })
    expect(pod?.metadata.labels).toEqual({
      app: 'db',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': revision,
      'statefulset.kubernetes.io/pod-name': 'db-1',
    })
    expect(pod?.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' })
    expect(cluster.eventsOf('db')).toEqual([
      'SuccessfulCreate: create Pod db-0 in StatefulSet db successful',
      'SuccessfulCreate: create Pod db-1 in StatefulSet db successful',
      'SuccessfulCreate: create Pod db-2 in StatefulSet db successful',
    ])
    expect(cluster.errors).toEqual([])
  })

  test('scales down from the highest ordinal, one at a time', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(statefulSet(3))
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    const gone: string[] = []
    informers.of(Pod).handle({ deleted: ({ metadata }) => gone.push(metadata.name) })
    await client.mergePatch(StatefulSet, KEY, { spec: { replicas: 1 } })
    await cluster.until(() => sets.get(KEY)?.status?.replicas === 1)
    expect(gone).toEqual(['db-2', 'db-1'])
  })

  test('updates from the highest ordinal down, then calls the update revision current', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(statefulSet(3))
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    const before = sets.get(KEY)?.status?.currentRevision
    const replaced: string[] = []
    informers.of(Pod).handle({ deleted: ({ metadata }) => replaced.push(metadata.name) })
    await client.mergePatch(StatefulSet, KEY, IMAGE_2)
    await cluster.until(() => {
      const status = sets.get(KEY)?.status
      return status?.currentRevision === status?.updateRevision && status?.currentRevision !== before
    })
    expect(replaced).toEqual(['db-2', 'db-1', 'db-0'])
    expect(cluster.pods().map(({ spec }) => spec.containers[0]?.image)).toEqual(['db:2', 'db:2', 'db:2'])
    const revisions = [...informers.of(ControllerRevision).values()]
    expect(revisions.map(({ revision }) => revision)).toEqual([1, 2])
  })

  test('leaves ordinals below the partition alone, and recreates them at their revision', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }
    await client.create(statefulSet(3, { updateStrategy }))
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    await client.mergePatch(StatefulSet, KEY, IMAGE_2)
    const settled = () => sets.get(KEY)?.status?.updatedReplicas === 1 && sets.get(KEY)?.status?.readyReplicas === 3
    await cluster.until(settled)
    await client.delete(Pod as never, { namespace: 'shop', name: 'db-0' })
    await cluster.until(() => !settled())
    await cluster.until(settled)
    const images = cluster.pods().map(({ metadata, spec }) => `${metadata.name} ${spec.containers[0]?.image}`)
    expect(images.toSorted()).toEqual(['db-0 db:1', 'db-1 db:1', 'db-2 db:2'])
    expect(sets.get(KEY)?.status?.currentReplicas).toBe(2)
  })

  test('is stuck on a broken revision until its pod is deleted by hand', async () => {
    const broken = (pod: Pod) => (pod.spec.containers[0]?.image === 'db:broken' ? undefined : 1_000)
    await using cluster = await workloadCluster({ readyAfterMs: broken })
    const { client, informers, clock } = cluster
    await client.create(statefulSet(2))
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 2)
    const image = (text: string) => ({ spec: { template: { spec: { containers: [{ name: 'db', image: text }] } } } })
    await client.mergePatch(StatefulSet, KEY, image('db:broken'))
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 1)
    await client.mergePatch(StatefulSet, KEY, image('db:3'))
    await clock.advance(300_000)
    const last = { namespace: 'shop', name: 'db-1' }
    expect(informers.of(Pod).get(last)?.spec.containers[0]?.image).toBe('db:broken')
    await client.delete(Pod as never, last)
    await cluster.until(() => sets.get(KEY)?.status?.updatedReplicas === 2)
    expect(cluster.pods().map(({ spec }) => spec.containers[0]?.image)).toEqual(['db:3', 'db:3'])
  })
})

describe('a parallel StatefulSet', () => {
  test('starts all at once, from its first ordinal', async () => {
    await using cluster = await workloadCluster()
    const { client, informers, clock } = cluster
    const startMs = clock.now()
    await client.create(statefulSet(3, { podManagementPolicy: 'Parallel', ordinals: { start: 5 } }))
    await cluster.until(() => informers.of(StatefulSet).get(KEY)?.status?.readyReplicas === 3)
    expect(clock.now() - startMs).toBe(1_000)
    expect(cluster.pods().map(({ metadata }) => metadata.name)).toEqual(['db-5', 'db-6', 'db-7'])
  })

  test('updates maxUnavailable pods at a time', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 2 } }
    await client.create(statefulSet(4, { podManagementPolicy: 'Parallel', updateStrategy }))
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 4)
    let fewest = 4
    sets.handle({ updated: ({ status }) => (fewest = Math.min(fewest, status?.readyReplicas ?? 0)) })
    await client.mergePatch(StatefulSet, KEY, IMAGE_2)
    await cluster.until(
      () => sets.get(KEY)?.status?.updatedReplicas === 4 && sets.get(KEY)?.status?.readyReplicas === 4,
    )
    expect(fewest).toBe(2)
  })
})

describe('OnDelete', () => {
  test('updates a pod only once somebody deletes it', async () => {
    await using cluster = await workloadCluster()
    const { client, informers, clock } = cluster
    await client.create(statefulSet(2, { updateStrategy: { type: 'OnDelete' } }))
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 2)
    await client.mergePatch(StatefulSet, KEY, IMAGE_2)
    await clock.advance(60_000)
    expect(sets.get(KEY)?.status?.updatedReplicas).toBeUndefined()
    await client.delete(Pod as never, { namespace: 'shop', name: 'db-0' })
    await cluster.until(() => sets.get(KEY)?.status?.updatedReplicas === 1)
    expect(informers.of(Pod).get({ namespace: 'shop', name: 'db-0' })?.spec.containers[0]?.image).toBe('db:2')
  })
})

describe('claims', () => {
  test('are made before the pod and stay when it is scaled away', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(withClaims())
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 2)
    const claims = informers.of(PersistentVolumeClaim)
    expect([...claims.values()].map(({ metadata }) => [metadata.name, metadata.labels])).toEqual([
      ['data-db-0', { app: 'db' }],
      ['data-db-1', { app: 'db' }],
    ])
    expect(cluster.pods()[0]?.spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
    ])
    expect(cluster.eventsOf('db')[0]).toBe(
      'SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
    )
    await client.mergePatch(StatefulSet, KEY, { spec: { replicas: 1 } })
    await cluster.until(() => sets.get(KEY)?.status?.replicas === 1)
    expect(claims.get({ namespace: 'shop', name: 'data-db-1' })?.metadata.ownerReferences).toBeUndefined()
  })

  test('belong to the pod that is scaled away, or to the set, as the retention policy says', async () => {
    await using cluster = await workloadCluster({ stopMs: 5_000 })
    const { client, informers } = cluster
    await client.create(
      withClaims({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } }),
    )
    const sets = informers.of(StatefulSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 2)
    const owners = (name: string) =>
      informers
        .of(PersistentVolumeClaim)
        .get({ namespace: 'shop', name })
        ?.metadata.ownerReferences?.map(({ kind, name: owner }) => `${kind}/${owner}`)
    expect(owners('data-db-0')).toEqual(['StatefulSet/db'])
    await client.mergePatch(StatefulSet, KEY, { spec: { replicas: 1 } })
    await cluster.until(() => sets.get(KEY)?.status?.replicas === 1)
    expect(owners('data-db-0')).toEqual(['StatefulSet/db'])
    expect(owners('data-db-1')).toEqual(['Pod/db-1'])
  })
})
