import { describe, expect, test } from 'vitest'
import { workloadCluster } from '../../../test/support/workload-cluster.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { forbidden, type StatusError } from '../../api/errors.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { ReplicationController } from '../../api/kinds/core/replication-controller.ts'
import { controllerOf } from '../../api/object.ts'

const REFUSAL = 'pods "web" is forbidden: exceeded quota'

function exceeded(): StatusError {
  return forbidden({ group: '', resource: 'pods' }, 'web', 'exceeded quota')
}

const KEY = { namespace: 'shop', name: 'web' }

function replicaSet(replicas: number, spec: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: KEY,
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template as never, ...spec },
  }
}

function strayPod(name: string, labels: Record<string, string>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels },
    spec: { containers: [{ name: 'web', image: 'web:1' }] },
  }
}

describe('a ReplicaSet', () => {
  test('creates its pods and reports them ready', async () => {
    await using cluster = await workloadCluster()
    await cluster.client.create(replicaSet(3))
    const sets = cluster.informers.of(ReplicaSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    expect(sets.get(KEY)?.status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    })
    const [pod] = cluster.pods()
    expect(pod?.metadata.generateName).toBe('web-')
    expect(controllerOf(pod!)).toMatchObject({ kind: 'ReplicaSet', name: 'web', blockOwnerDeletion: true })
    expect(cluster.eventsOf('web').toSorted()).toEqual(
      cluster
        .pods()
        .map(({ metadata }) => `SuccessfulCreate: Created pod: ${metadata.name}`)
        .toSorted(),
    )
    expect(cluster.errors).toEqual([])
  })

  test('replaces a pod that was deleted, and deletes what is too many', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(replicaSet(3))
    const sets = informers.of(ReplicaSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    await client.deleteObject(cluster.pods()[0]!)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 2)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 3)
    await client.mergePatch(ReplicaSet, KEY, { spec: { replicas: 1 } })
    await cluster.until(() => sets.get(KEY)?.status?.replicas === 1 && cluster.pods().length === 1)
    expect(cluster.eventsOf('web').filter((text) => text.startsWith('SuccessfulDelete'))).toHaveLength(2)
    expect(sets.get(KEY)?.status?.observedGeneration).toBe(2)
  })

  test('adopts a matching orphan and releases a pod whose label was changed', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(strayPod('stray', { app: 'web' }))
    await client.create(replicaSet(2))
    const sets = informers.of(ReplicaSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 2)
    expect(cluster.pods()).toHaveLength(2)
    const stray = informers.of(Pod).get({ namespace: 'shop', name: 'stray' })!
    expect(controllerOf(stray)?.name).toBe('web')
    await client.mergePatch(Pod, { namespace: 'shop', name: 'stray' }, { metadata: { labels: { app: 'quarantine' } } })
    await cluster.until(() => cluster.pods().length === 3)
    expect(informers.of(Pod).get({ namespace: 'shop', name: 'stray' })?.metadata.ownerReferences).toBeUndefined()
    expect(sets.get(KEY)?.status?.replicas).toBe(2)
  })

  test('counts a pod as available only after minReadySeconds, and looks again at that moment', async () => {
    await using cluster = await workloadCluster()
    const { client, informers, clock } = cluster
    await client.create(replicaSet(1, { minReadySeconds: 30 }))
    const sets = informers.of(ReplicaSet)
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 1)
    const readyMs = clock.now()
    expect(sets.get(KEY)?.status?.availableReplicas).toBeUndefined()
    await cluster.until(() => sets.get(KEY)?.status?.availableReplicas === 1)
    expect(clock.now() - readyMs).toBe(30_000)
  })

  test('tells a refused creation in a condition and an event, and goes on when it is allowed again', async () => {
    let refuses = true
    await using cluster = await workloadCluster({
      admission: [
        {
          name: 'Refuser',
          validate({ kind, operation }) {
            if (refuses && kind.plural === 'pods' && operation === 'CREATE') throw exceeded()
          },
        },
      ],
    })
    const sets = cluster.informers.of(ReplicaSet)
    await cluster.client.create(replicaSet(4))
    await cluster.until(() => sets.get(KEY)?.status?.conditions !== undefined)
    expect(sets.get(KEY)?.status?.conditions).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: REFUSAL },
    ])
    expect(cluster.eventsOf('web')).toContain(`FailedCreate: Error creating: ${REFUSAL}`)
    refuses = false
    await cluster.until(() => sets.get(KEY)?.status?.readyReplicas === 4)
    expect(sets.get(KEY)?.status?.conditions).toBeUndefined()
  })
})

describe('a large ReplicaSet', () => {
  test('whose pods become ready one by one tells so a few times only, and is right in half a second', async () => {
    const readyAfterMs = (pod: Pod) => 1_000 + Number.parseInt(pod.metadata.uid?.slice(0, 3) ?? '', 16) / 2
    await using cluster = await workloadCluster({ readyAfterMs })
    const { client, informers, clock } = cluster
    const startMs = clock.now()
    await client.create(replicaSet(400))
    const sets = informers.of(ReplicaSet)
    let told = 0
    sets.handle({ updated: () => told++ })
    await clock.runUntil(startMs + 1_000 + 2_048 + 500)
    expect(sets.get(KEY)?.status?.availableReplicas).toBe(400)
    expect(told).toBeLessThanOrEqual(8)
  })

  test('replaces a deleted pod at once', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(replicaSet(200))
    await cluster.until(() => informers.of(ReplicaSet).get(KEY)?.status?.readyReplicas === 200)
    let created = 0
    informers.of(Pod).handle({ added: () => created++ })
    created = 0
    await client.deleteObject(cluster.pods()[0]!)
    await cluster.clock.advance(0)
    expect(created).toBe(1)
  })
})

describe('a ReplicationController', () => {
  test('does the same with a plain selector', async () => {
    await using cluster = await workloadCluster()
    const { spec } = replicaSet(2)
    const controller = {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: KEY,
      spec: { replicas: 2, selector: { app: 'web' }, template: spec.template },
    } as ReplicationController
    await cluster.client.create(controller)
    const owners = cluster.informers.of(ReplicationController)
    await cluster.until(() => owners.get(KEY)?.status?.readyReplicas === 2)
    expect(owners.get(KEY)?.status).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    })
  })
})
