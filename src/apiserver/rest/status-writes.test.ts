import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { CronJob } from '../../api/kinds/batch/cron-job.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { FlowSchema } from '../../api/kinds/flowcontrol/flow-schema.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { PodSpec } from '../../api/types.generated.ts'

const spec: PodSpec = { containers: [{ name: 'web', image: 'web:1' }] }
const template = { metadata: { labels: { app: 'web' } }, spec }
const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u' }
const CHANGES = {
  labels: { tier: 'front' },
  annotations: { note: 'n' },
  finalizers: ['example.com/wait'],
  ownerReferences: [OWNER],
}

/** k8s.io/kubernetes pkg/registry, each kind's strategy for its status. */
test.each<{ kind: Kind; object: object; changed: readonly (keyof typeof CHANGES)[] }>([
  { kind: Pod, object: { spec }, changed: ['labels', 'annotations', 'finalizers'] },
  {
    kind: Deployment,
    object: { spec: { selector: { matchLabels: { app: 'web' } }, template } },
    changed: ['annotations', 'finalizers', 'ownerReferences'],
  },
  {
    kind: CronJob,
    object: {
      spec: {
        schedule: '0 1 * * *',
        jobTemplate: { spec: { template: { spec: { ...spec, restartPolicy: 'Never' } } } },
      },
    },
    changed: ['labels', 'annotations', 'finalizers', 'ownerReferences'],
  },
  {
    kind: FlowSchema,
    object: { spec: { priorityLevelConfiguration: { name: 'exempt' } } },
    changed: [],
  },
])('a write to the status of a $kind.kind changes of the metadata $changed', async ({ kind, object, changed }) => {
  await using cluster = await testCluster()
  const { client } = cluster
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  const key = kind.namespaced ? { namespace: 'default', name: 'web' } : { name: 'web' }
  const old = await client.create({
    apiVersion,
    kind: kind.kind,
    metadata: { ...key, labels: { a: 'b' } },
    ...object,
  } as ApiObject)
  const expected = Object.fromEntries(changed.map((name) => [name, CHANGES[name]]))
  const { labels, annotations, finalizers, ownerReferences } = {
    labels: old.metadata.labels,
    ...expected,
  } as typeof CHANGES

  const body = { metadata: { ...CHANGES, labels: { a: null, ...CHANGES.labels } }, spec: { paused: true } }
  const patched = await client.patch(kind, key, { type: 'application/merge-patch+json', body, subresource: 'status' })
  expect(patched.metadata).toMatchObject(
    JSON.parse(JSON.stringify({ labels, annotations, finalizers, ownerReferences })),
  )
  expect(Object.keys(patched.metadata)).not.toContain(changed.includes('ownerReferences') ? '' : 'ownerReferences')
  expect((patched as { spec?: unknown }).spec).toEqual((old as { spec?: unknown }).spec)

  await client.update({ ...patched, metadata: { ...patched.metadata, ...CHANGES } }, { subresource: 'status' })
  expect((await client.get(kind, key))?.metadata.labels).toEqual(labels)
})

test('labels that are changed through the status are judged', async () => {
  await using cluster = await testCluster()
  const { client } = cluster
  const key = { namespace: 'default', name: 'web' }
  const metadata = { ...key }
  const jobTemplate = { spec: { template: { spec: { ...spec, restartPolicy: 'Never' } } } }
  await client.create<CronJob>({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: { schedule: '* * * * *', jobTemplate },
  })
  const body = { metadata: { labels: { tier: 'not so' } } }
  const patch = client.patch(CronJob, key, { type: 'application/merge-patch+json', body, subresource: 'status' })
  await expect(patch).rejects.toThrow('CronJob.batch "web" is invalid: metadata.labels: Invalid value: "not so"')
})
