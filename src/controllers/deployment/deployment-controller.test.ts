import { describe, expect, test } from 'vitest'
import { type WorkloadCluster, workloadCluster } from '../../../test/support/workload-cluster.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { controllerOf } from '../../api/object.ts'
import { newReplicaSet } from './replica-set-control.ts'

const KEY = { namespace: 'shop', name: 'web' }

function deployment(replicas: number, spec: Partial<Deployment['spec']> = {}): Deployment {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...KEY, annotations: { 'kubernetes.io/change-cause': 'first' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: template as never,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
  }
}

function image(name: string): object {
  return { spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } } }
}

function current({ informers }: WorkloadCluster): Deployment {
  return informers.of(Deployment).get(KEY)!
}

function setsOf({ informers }: WorkloadCluster): readonly ReplicaSet[] {
  return [...informers.of(ReplicaSet).values()]
}

/** Whether all replicas run the present template, and the Deployment says so. */
function isRolledOut(cluster: WorkloadCluster): boolean {
  const { status, spec, metadata } = current(cluster)
  const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas]
  return status?.observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas)
}

function progress(cluster: WorkloadCluster): string {
  const condition = current(cluster).status?.conditions?.find(({ type }) => type === 'Progressing')
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`
}

describe('a new Deployment', () => {
  test('creates a ReplicaSet and reports its progress', async () => {
    await using cluster = await workloadCluster()
    await cluster.client.create(deployment(3))
    await cluster.until(() => isRolledOut(cluster))
    const [set] = setsOf(cluster)
    const hash = set?.metadata.labels?.['pod-template-hash']
    expect(set?.metadata.name).toBe(`web-${hash}`)
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/)
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'deployment.kubernetes.io/revision': '1',
      'kubernetes.io/change-cause': 'first',
    })
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(current(cluster).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
    expect(current(cluster).status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    })
    expect(current(cluster).status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ])
    expect(progress(cluster)).toBe(`True NewReplicaSetAvailable: ReplicaSet "web-${hash}" has successfully progressed.`)
    expect(cluster.eventsOf('web')).toEqual([`ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`])
    expect(cluster.errors).toEqual([])
  })

  test('has its revision from whoever writes its status', async () => {
    await using cluster = await workloadCluster()
    await cluster.client.create(deployment(1))
    await cluster.until(() => isRolledOut(cluster))
    const { annotations, managedFields } = current(cluster).metadata
    expect(annotations?.['deployment.kubernetes.io/revision']).toBe('1')
    const ofStatus = managedFields?.find(({ subresource }) => subresource === 'status')
    expect(ofStatus?.fieldsV1).toMatchObject({
      'f:metadata': { 'f:annotations': { 'f:deployment.kubernetes.io/revision': {} } },
    })
  })

  test('shares the containers of its template with all its pods', async () => {
    await using cluster = await workloadCluster()
    const container = { name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent', resources: {} }
    const complete = { ...container, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [complete] } }
    await cluster.client.create(deployment(2, { template: template as never }))
    await cluster.until(() => isRolledOut(cluster))
    const { containers } = current(cluster).spec.template.spec!
    for (const pod of cluster.pods()) expect(pod.spec.containers).toBe(containers)
  })

  test('takes another name when its ReplicaSet name is taken by a stranger', async () => {
    await using cluster = await workloadCluster()
    const complete = Deployment.default?.(deployment(1)) ?? deployment(1)
    const { metadata, spec } = newReplicaSet(complete, { replicas: 0, revision: 1 })
    const { ownerReferences: _owner, ...stranger } = metadata
    const other = { matchLabels: { app: 'other' } }
    const template = { ...spec.template, metadata: { labels: { app: 'other' } } } as never
    await cluster.client.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { ...stranger, labels: { app: 'other' } },
      spec: { replicas: 0, selector: other, template },
    } as ReplicaSet)
    await cluster.client.create(deployment(1))
    await cluster.until(() => isRolledOut(cluster))
    expect(current(cluster).status?.collisionCount).toBe(1)
    expect(setsOf(cluster)).toHaveLength(2)
  })

  test('says that it cannot create its ReplicaSet', async () => {
    await using cluster = await workloadCluster({
      admission: [
        {
          name: 'Refuser',
          validate({ kind }) {
            if (kind.plural === 'replicasets') throw new Error('no ReplicaSets today')
          },
        },
      ],
    })
    await cluster.client.create(deployment(1))
    await cluster.until(() => progress(cluster).includes('ReplicaSetCreateError'))
    expect(progress(cluster)).toMatch(/^False ReplicaSetCreateError: Failed to create new replica set "web-\w+": no/)
  })
})

describe('a rolling update', () => {
  test('keeps availability above maxUnavailable and pods below maxSurge', async () => {
    await using cluster = await workloadCluster()
    const { client, informers } = cluster
    await client.create(deployment(8))
    await cluster.until(() => isRolledOut(cluster))
    let least = 8
    let most = 0
    informers.of(Deployment).handle({
      updated: ({ status }) => (least = Math.min(least, status?.availableReplicas ?? 0)),
    })
    informers.of(ReplicaSet).handle({
      updated: () =>
        (most = Math.max(
          most,
          setsOf(cluster).reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
        )),
    })
    await client.mergePatch(Deployment, KEY, image('web:2'))
    await cluster.until(() => isRolledOut(cluster))
    expect(least).toBeGreaterThanOrEqual(6)
    expect(most).toBe(10)
    await cluster.until(() => cluster.pods().length === 8)
    expect(new Set(cluster.pods().map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set(['web:2']))
    expect(setsOf(cluster).map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])).toEqual([
      '1',
      '2',
    ])
  })

  test('that never becomes ready keeps the old pods and exceeds its deadline', async () => {
    const readyAfterMs = (pod: Pod) => (pod.spec.containers[0]?.image === 'web:1' ? 1_000 : undefined)
    await using cluster = await workloadCluster({ readyAfterMs })
    const { client, clock } = cluster
    await client.create(deployment(4, { progressDeadlineSeconds: 60 }))
    await cluster.until(() => isRolledOut(cluster))
    await client.mergePatch(Deployment, KEY, image('web:broken'))
    const startMs = clock.now()
    await cluster.until(() => progress(cluster).startsWith('False'))
    expect(progress(cluster)).toMatch(/ProgressDeadlineExceeded: ReplicaSet "web-\w+" has timed out progressing\.$/)
    expect(clock.now() - startMs).toBeLessThan(65_000)
    expect(current(cluster).status).toMatchObject({ availableReplicas: 3, updatedReplicas: 2, unavailableReplicas: 2 })
  })

  test('undone goes back to the old ReplicaSet under a new revision', async () => {
    await using cluster = await workloadCluster()
    const { client } = cluster
    await client.create(deployment(2))
    await cluster.until(() => isRolledOut(cluster))
    const [first] = setsOf(cluster)
    const cause = { metadata: { annotations: { 'kubernetes.io/change-cause': 'second' } } }
    await client.mergePatch(Deployment, KEY, { ...image('web:2'), ...cause })
    await cluster.until(() => isRolledOut(cluster))
    await client.mergePatch(Deployment, KEY, image('web:1'))
    await cluster.until(() => isRolledOut(cluster))
    const sets = setsOf(cluster)
    expect(sets).toHaveLength(2)
    const restored = sets.find(({ metadata }) => metadata.name === first?.metadata.name)
    expect(restored?.spec.replicas).toBe(2)
    expect(restored?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
    expect(current(cluster).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
  })

  test('scaled in its middle shares the new pods out in proportion', async () => {
    const readyAfterMs = (pod: Pod) => (pod.spec.containers[0]?.image === 'web:1' ? 1_000 : undefined)
    await using cluster = await workloadCluster({ readyAfterMs })
    const { client } = cluster
    const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 }
    await client.create(deployment(10, { strategy: { type: 'RollingUpdate', rollingUpdate } }))
    await cluster.until(() => isRolledOut(cluster))
    await client.mergePatch(Deployment, KEY, image('web:broken'))
    const sizes = () => setsOf(cluster).map(({ spec }) => spec.replicas)
    await cluster.until(() => String(sizes()) === '8,5')
    await client.mergePatch(Deployment, KEY, { spec: { replicas: 15 } })
    await cluster.until(() => String(sizes()) === '11,7')
  })
})

describe('other ways', () => {
  test('Recreate starts nothing new before all old pods have stopped', async () => {
    await using cluster = await workloadCluster({ stopMs: 5_000 })
    const { client, informers } = cluster
    await client.create(deployment(3, { strategy: { type: 'Recreate' } }))
    await cluster.until(() => isRolledOut(cluster))
    const images = new Set<string>()
    const look = () => images.add([...new Set(cluster.pods().map(({ spec }) => spec.containers[0]?.image))].join('+'))
    informers.of(Pod).handle({ added: look, deleted: look })
    await client.mergePatch(Deployment, KEY, image('web:2'))
    await cluster.until(() => isRolledOut(cluster))
    expect([...images].toSorted()).toEqual(['', 'web:1', 'web:2'])
  })

  test('paused changes nothing but the size, and goes on when resumed', async () => {
    await using cluster = await workloadCluster()
    const { client, clock } = cluster
    await client.create(deployment(2))
    await cluster.until(() => isRolledOut(cluster))
    await client.mergePatch(Deployment, KEY, { spec: { paused: true } })
    await client.mergePatch(Deployment, KEY, image('web:2'))
    await client.mergePatch(Deployment, KEY, { spec: { replicas: 3 } })
    await clock.advance(10_000)
    expect(setsOf(cluster).map(({ spec }) => spec.replicas)).toEqual([3])
    expect(progress(cluster)).toBe('Unknown DeploymentPaused: Deployment is paused')
    await client.mergePatch(Deployment, KEY, { spec: { paused: false } })
    await cluster.until(() => isRolledOut(cluster))
    expect(setsOf(cluster).map(({ spec }) => spec.replicas)).toEqual([0, 3])
  })

  test('keeps revisionHistoryLimit old ReplicaSets', async () => {
    await using cluster = await workloadCluster()
    const { client } = cluster
    await client.create(deployment(1, { revisionHistoryLimit: 1 }))
    await cluster.until(() => isRolledOut(cluster))
    for (const version of ['web:2', 'web:3', 'web:4']) {
      await client.mergePatch(Deployment, KEY, image(version))
      await cluster.until(() => isRolledOut(cluster))
    }
    await cluster.until(() => setsOf(cluster).length === 2)
    expect(setsOf(cluster).map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])).toEqual([
      '3',
      '4',
    ])
  })

  test('adopts a ReplicaSet that was orphaned', async () => {
    await using cluster = await workloadCluster()
    const { client } = cluster
    await client.create(deployment(2))
    await cluster.until(() => isRolledOut(cluster))
    const [set] = setsOf(cluster)
    await client.delete(Deployment as never, KEY)
    await client.mergePatch(
      ReplicaSet,
      { namespace: 'shop', name: set!.metadata.name },
      {
        metadata: { ownerReferences: null },
      },
    )
    await client.create(deployment(2))
    await cluster.until(() => isRolledOut(cluster))
    expect(setsOf(cluster).map((one) => controllerOf(one)?.uid)).toEqual([current(cluster).metadata.uid])
    expect(cluster.pods()).toHaveLength(2)
  })
})
