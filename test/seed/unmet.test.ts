import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DaemonSet } from '../../src/api/kinds/apps/daemon-set.ts'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { StatefulSet } from '../../src/api/kinds/apps/stateful-set.ts'
import { CronJob } from '../../src/api/kinds/batch/cron-job.ts'
import { Job } from '../../src/api/kinds/batch/job.ts'
import { Event } from '../../src/api/kinds/core/event.ts'
import { Node } from '../../src/api/kinds/core/node.ts'
import { PersistentVolumeClaim } from '../../src/api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { parseYamlDocuments } from '../../src/api/yaml.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'

/**
 * Manifests as users have them: each refers to what is defined elsewhere, and is applied first. It waits, and says for
 * what in Kubernetes' words; and it gets going once that exists, without being touched.
 */
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const NAMESPACE = 'shop'

const WAYS = [
  { way: 'created', send: (cluster: TestCluster, object: ApiObject) => users(cluster).create(object) },
  { way: 'applied server-side', send: (cluster: TestCluster, object: ApiObject) => users(cluster).apply(object) },
]

let cluster: TestCluster

beforeEach(async () => {
  cluster = await startCluster({ nodes: 3 })
  await define(object('v1', 'Namespace', NAMESPACE))
})

afterEach(() => cluster[Symbol.asyncDispose]())

describe.each(WAYS)('$way', ({ send }) => {
  test('a StatefulSet waits for its storage class, then for its secrets, and starts its pods in order', async () => {
    await sendAll('ledger')
    await cluster.advance(10 * SECOND_MS)
    expect(await phasesOf('ledger')).toEqual(['ledger-0 Pending'])
    expect(await said('PersistentVolumeClaim', 'ProvisioningFailed')).toEqual([
      'storageclass.storage.k8s.io "fast-ssd" not found',
    ])
    const [unscheduled = ''] = await said('Pod', 'FailedScheduling')
    expect(unscheduled).toMatch(/^0\/3 nodes are available: pod has unbound immediate PersistentVolumeClaims\./)

    await define(storageClass('fast-ssd'))
    await cluster.advance(MINUTE_MS)
    expect(await waitingOf('ledger')).toEqual(['PodInitializing'])
    expect(await said('Pod', 'FailedMount')).toEqual([
      'MountVolume.SetUp failed for volume "key" : secret "ledger-key" not found',
    ])

    await define(object('v1', 'Secret', 'ledger-key', { stringData: { key: 'k' } }))
    await cluster.until(async () => (await waitingOf('ledger'))[0] === 'CreateContainerConfigError')
    expect(await said('Pod', 'Failed')).toEqual(['Error: secret "ledger-credentials" not found'])

    await define(object('v1', 'Secret', 'ledger-credentials', { stringData: { user: 'root' } }))
    const ready = new Set<number>()
    cluster.platform.store.watchAll(({ object: written }) => {
      if (written.kind === 'StatefulSet') ready.add((written as StatefulSet).status?.readyReplicas ?? 0)
    })
    await cluster.until(async () => (await get(StatefulSet, 'ledger')).status?.availableReplicas === 3)
    expect([...ready]).toEqual([1, 2, 3])
    const { items: claims } = await cluster.client.list(PersistentVolumeClaim, { namespace: NAMESPACE })
    expect(claims.map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)).toEqual([
      'data-ledger-0 Bound',
      'data-ledger-1 Bound',
      'data-ledger-2 Bound',
    ])
    expect(cluster.errors).toEqual([])
  })

  test('the mode of files that YAML writes in octal reads back in decimal', async () => {
    await sendAll('ledger')
    const { spec } = (await get(StatefulSet, 'ledger')).spec.template
    expect(spec?.volumes?.[0]?.secret?.defaultMode).toBe(384)
  })

  test('a DaemonSet waits on every node for its ConfigMap', async () => {
    await sendAll('log-shipper')
    await cluster.advance(MINUTE_MS)
    expect(await waitingOf('log-shipper')).toEqual(['ContainerCreating', 'ContainerCreating', 'ContainerCreating'])
    expect(await said('Pod', 'FailedMount')).toEqual([
      'MountVolume.SetUp failed for volume "pipeline" : configmap "log-pipeline" not found',
    ])
    await define(object('v1', 'ConfigMap', 'log-pipeline', { data: { 'pipeline.conf': '' } }))
    await cluster.until(async () => (await get(DaemonSet, 'log-shipper')).status?.numberAvailable === 3)
    expect((await get(DaemonSet, 'log-shipper')).status).toMatchObject({ desiredNumberScheduled: 3, numberReady: 3 })
    expect(cluster.errors).toEqual([])
  })

  test("a CronJob runs in its zone's morning; its pod waits for a claim, a node and a secret in turn", async () => {
    await sendAll('payout')
    // Six in Asia/Kolkata is half past midnight in UTC.
    await cluster.advance(29 * MINUTE_MS)
    expect((await cluster.client.list(Job)).items).toEqual([])
    await cluster.advance(2 * MINUTE_MS)
    expect((await get(CronJob, 'payout')).status?.lastScheduleTime).toBe('2026-01-01T00:30:00Z')
    expect(await phasesOf('payout')).toEqual([expect.stringMatching(/^payout-\d+-.{5} Pending$/)])
    expect((await said('Pod', 'FailedScheduling'))[0]).toMatch(
      /^0\/3 nodes are available: persistentvolumeclaim "payout-reports" not found\./,
    )

    await define(storageClass('fast-ssd'), claim('payout-reports'))
    await cluster.advance(MINUTE_MS)
    expect((await said('Pod', 'FailedScheduling')).at(-1)).toMatch(
      /^0\/3 nodes are available: 3 node\(s\) didn't match Pod's node affinity\/selector\./,
    )

    await cluster.client.mergePatch(Node, { name: 'node-2' }, { metadata: { labels: { workload: 'financial' } } })
    await cluster.until(async () => (await waitingOf('payout'))[0] === 'CreateContainerConfigError')
    expect(await said('Pod', 'Failed')).toEqual(['Error: secret "payout-database" not found'])

    await define(object('v1', 'Secret', 'payout-database', { stringData: { url: 'mongodb://ledger' } }))
    await cluster.until(async () => (await get(CronJob, 'payout')).status?.lastSuccessfulTime !== undefined)
    const [job] = (await cluster.client.list(Job)).items
    expect(job?.status).toMatchObject({ succeeded: 1 })
    expect(cluster.errors).toEqual([])
  })

  test('a Deployment has no pods before its account exists', async () => {
    await sendAll('metrics')
    await cluster.advance(10 * SECOND_MS)
    expect(await phasesOf('metrics')).toEqual([])
    expect(await said('ReplicaSet', 'FailedCreate')).toEqual([
      expect.stringMatching(
        /^Error creating: pods "metrics-[a-z0-9]+-" is forbidden: error looking up service account shop\/metrics: serviceaccount "metrics" not found$/,
      ),
    ])
    const conditions = (await get(Deployment, 'metrics')).status?.conditions
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }),
    )

    await define(
      object('v1', 'ServiceAccount', 'metrics'),
      storageClass('fast-ssd'),
      claim('metrics-storage'),
      object('v1', 'ConfigMap', 'metrics-rules', { data: { 'rules.yml': '' } }),
    )
    await cluster.until(async () => (await get(Deployment, 'metrics')).status?.availableReplicas === 2)
    expect((await get(Deployment, 'metrics')).status?.conditions).not.toContainEqual(
      expect.objectContaining({ type: 'ReplicaFailure' }),
    )
  })

  test('a container is not made before its environment can be', async () => {
    await sendAll('gateway')
    await cluster.until(async () => (await waitingOf('gateway'))[0] === 'CreateContainerConfigError')
    expect(await messageOf('gateway')).toBe('configmap "gateway-settings" not found')
    await define(object('v1', 'ConfigMap', 'gateway-settings', { data: { REGION: 'mumbai' } }))
    await cluster.until(async () => (await messageOf('gateway')) === 'secret "gateway-token" not found')
    await define(object('v1', 'Secret', 'gateway-token', { stringData: { other: 'x' } }))
    await cluster.until(
      async () => (await messageOf('gateway')) === "couldn't find key token in Secret shop/gateway-token",
    )
    await define(object('v1', 'Secret', 'gateway-token', { stringData: { token: 'x' } }))
    await cluster.until(async () => (await get(Deployment, 'gateway')).status?.availableReplicas === 1)
  })

  test('an autoscaler by the metric of no object is refused', async () => {
    const refused = 'HorizontalPodAutoscaler.autoscaling "match" is invalid'
    const field = 'spec.metrics[1].object.describedObject'
    await expect(sendAll('match-autoscaler')).rejects.toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `${refused}: [${field}.kind: Required value, ${field}.name: Required value]`,
      details: {
        causes: [
          { reason: 'FieldValueRequired', message: 'Required value', field: `${field}.kind` },
          { reason: 'FieldValueRequired', message: 'Required value', field: `${field}.name` },
        ],
      },
    })
  })

  async function sendAll(file: string): Promise<void> {
    const path = fileURLToPath(new URL(`unmet/${file}.yaml`, import.meta.url))
    for (const { value } of parseYamlDocuments(readFileSync(path, 'utf8'))) await send(cluster, value as ApiObject)
  }
})

/** As kubectl sends what its user wrote. */
function users({ client }: TestCluster): TestCluster['client'] {
  return client.forManifests('kubectl')
}

async function define(...objects: readonly ApiObject[]): Promise<void> {
  await cluster.apply(objects)
}

function object(apiVersion: string, kind: string, name: string, rest: object = {}): ApiObject {
  const metadata = kind === 'Namespace' || kind === 'StorageClass' ? { name } : { name, namespace: NAMESPACE }
  return { apiVersion, kind, metadata, ...rest } as ApiObject
}

function storageClass(name: string): ApiObject {
  return object('storage.k8s.io/v1', 'StorageClass', name, { provisioner: 'dabba.dev/simulated' })
}

function claim(name: string): ApiObject {
  const resources = { requests: { storage: '10Gi' } }
  const spec = { accessModes: ['ReadWriteMany'], storageClassName: 'fast-ssd', resources }
  return object('v1', 'PersistentVolumeClaim', name, { spec })
}

async function get<T extends ApiObject>(kind: Parameters<typeof cluster.client.get<T>>[0], name: string): Promise<T> {
  const found = await cluster.client.get(kind, { namespace: NAMESPACE, name })
  if (found === undefined) throw new Error(`no ${kind.kind} ${name}`)
  return found
}

async function podsOf(app: string): Promise<readonly Pod[]> {
  return (await cluster.client.list(Pod, { namespace: NAMESPACE, labelSelector: `app=${app}` })).items
}

async function phasesOf(app: string): Promise<string[]> {
  return (await podsOf(app)).map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)
}

/** Why containers of an app's pods wait. */
async function waitingOf(app: string): Promise<string[]> {
  const statuses = (await podsOf(app)).flatMap(({ status }) => status?.containerStatuses ?? [])
  return statuses.flatMap(({ state }) => state?.waiting?.reason ?? [])
}

async function messageOf(app: string): Promise<string | undefined> {
  const [pod] = await podsOf(app)
  return pod?.status?.containerStatuses?.[0]?.state?.waiting?.message
}

/** What events of one reason say about objects of one kind, each text once. */
async function said(kind: string, reason: string): Promise<string[]> {
  const { items } = await cluster.client.list(Event, { namespace: NAMESPACE })
  const about = items.filter((event) => event.involvedObject.kind === kind && event.reason === reason)
  return [...new Set(about.map(({ message }) => message ?? ''))]
}
