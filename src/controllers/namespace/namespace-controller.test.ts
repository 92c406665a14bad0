import { describe, expect, test } from 'vitest'
import { StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { ApiObject } from '../../api/object.ts'
import type { AdmissionPlugin } from '../../apiserver/admission/admission.ts'
import { namespaceLifecycle } from '../../apiserver/admission/namespace-lifecycle.ts'
import { finalizeNamespace } from '../../apiserver/subresources/finalize.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { NamespaceController } from './namespace-controller.ts'

async function start(admission: readonly AdmissionPlugin[] = []): Promise<TestCluster> {
  const cluster = await testCluster({
    admission: [namespaceLifecycle, ...admission],
    subresources: { 'namespaces/finalize': finalizeNamespace },
  })
  await cluster.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as ApiObject)
  await cluster.run(new NamespaceController(cluster.client, cluster.clock))
  return cluster
}

function create(
  { client }: TestCluster,
  kind: string,
  name: string,
  finalizers?: readonly string[],
): Promise<ApiObject> {
  const metadata = { namespace: 'shop', name, ...(finalizers === undefined ? {} : { finalizers }) }
  const spec = { containers: [{ name: 'app', image: 'nginx' }], nodeName: 'n1' }
  return client.create({ apiVersion: 'v1', kind, metadata, ...(kind === 'Pod' ? { spec } : {}) } as ApiObject)
}

function shop({ client }: TestCluster): Promise<Namespace | undefined> {
  return client.get(Namespace, { name: 'shop' })
}

async function condition(cluster: TestCluster, type: string): Promise<string> {
  const found = (await shop(cluster))?.status?.conditions?.find((one) => one.type === type)
  return `${found?.status} ${found?.reason}: ${found?.message}`
}

describe('a namespace that is deleted', () => {
  test('goes with all that is in it, and others keep theirs', async () => {
    await using cluster = await start()
    await create(cluster, 'ConfigMap', 'a')
    await create(cluster, 'Secret', 'b')
    await cluster.client.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: 'kept' },
    } as ApiObject)
    await cluster.client.delete(Namespace as unknown as Kind, { name: 'shop' })
    await cluster.clock.advance(2_000)
    expect(await shop(cluster)).toBeUndefined()
    const { items } = await cluster.client.list(ConfigMap)
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['kept'])
  })

  test('takes nothing new', async () => {
    await using cluster = await start()
    await create(cluster, 'ConfigMap', 'held', ['example.com/hold'])
    await cluster.client.delete(Namespace as unknown as Kind, { name: 'shop' })
    await expect(create(cluster, 'ConfigMap', 'late')).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
      details: {
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace shop is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    })
  })

  test('lets its pods end before it takes away what they use', async () => {
    await using cluster = await start()
    await create(cluster, 'ConfigMap', 'settings')
    await create(cluster, 'Pod', 'web')
    await cluster.client.delete(Namespace as unknown as Kind, { name: 'shop' })
    await cluster.clock.advance(10_000)
    expect((await shop(cluster))?.status?.phase).toBe('Terminating')
    expect(await condition(cluster, 'NamespaceContentRemaining')).toBe(
      'True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
    )
    expect(await condition(cluster, 'NamespaceDeletionContentFailure')).toMatch(/^False/)
    expect(await cluster.client.get(ConfigMap, { namespace: 'shop', name: 'settings' })).toBeDefined()
    await cluster.client.delete(Pod, { namespace: 'shop', name: 'web' }, { gracePeriodSeconds: 0 })
    await cluster.clock.advance(1_000)
    expect(await shop(cluster)).toBeUndefined()
  })

  test('waits for finalizers, and goes as soon as they are gone', async () => {
    await using cluster = await start()
    await create(cluster, 'ConfigMap', 'held', ['example.com/hold'])
    await cluster.client.delete(Namespace as unknown as Kind, { name: 'shop' })
    await cluster.clock.advance(3_600_000)
    expect(await condition(cluster, 'NamespaceFinalizersRemaining')).toBe(
      'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    )
    await cluster.client.mergePatch(ConfigMap, { namespace: 'shop', name: 'held' }, { metadata: { finalizers: null } })
    await cluster.clock.advance(1_000)
    expect(await shop(cluster)).toBeUndefined()
    expect(cluster.errors).toEqual([])
  })

  test('says what it cannot delete, and tries again', async () => {
    let isLocked = true
    const lock: AdmissionPlugin = {
      name: 'Lock',
      validate({ operation, kind }) {
        if (isLocked && operation === 'DELETE' && kind.plural === 'configmaps') {
          throw new StatusError(403, 'Forbidden', 'configmaps are locked')
        }
      },
    }
    await using cluster = await start([lock])
    await create(cluster, 'ConfigMap', 'a')
    await cluster.client.delete(Namespace as unknown as Kind, { name: 'shop' })
    await cluster.clock.advance(2_000)
    expect(await condition(cluster, 'NamespaceDeletionContentFailure')).toBe(
      'True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: configmaps are locked',
    )
    isLocked = false
    await cluster.clock.advance(10_000)
    expect(await shop(cluster)).toBeUndefined()
  })

  test('stays as long as it has a finalizer of its own', async () => {
    await using cluster = await start()
    await cluster.client.mergePatch(Namespace, { name: 'shop' }, { metadata: { finalizers: ['example.com/hold'] } })
    await cluster.client.delete(Namespace as unknown as Kind, { name: 'shop' })
    await cluster.clock.advance(10_000)
    expect((await shop(cluster))?.spec.finalizers ?? []).toEqual([])
    await cluster.client.mergePatch(Namespace, { name: 'shop' }, { metadata: { finalizers: null } })
    expect(await shop(cluster)).toBeUndefined()
  })
})

test.each(['default', 'kube-system', 'kube-public'])('%s cannot be deleted', async (name) => {
  await using cluster = await start()
  await expect(cluster.client.delete(Namespace as unknown as Kind, { name })).rejects.toMatchObject({
    code: 403,
    message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
  })
})
