import { describe, expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { CustomResourceDefinition } from '../../api/kinds/apiextensions/custom-resource-definition.ts'
import type { ApiObject } from '../../api/object.ts'
import { serveCustomResources } from '../../apiserver/custom-resources.ts'
import { DefinitionController } from './definition-controller.ts'

const NAME = 'boxes.example.com'

async function start() {
  const cluster = await testCluster()
  const { client, server, store } = cluster
  const { scheme } = server.context
  serveCustomResources(store, scheme)
  await cluster.run(new DefinitionController(cluster))
  await client.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: NAME },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'boxes', kind: 'Box' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  } as ApiObject)
  await cluster.clock.advance(0)
  const box = (name: string, finalizers: readonly string[] = []): ApiObject =>
    ({ apiVersion: 'example.com/v1', kind: 'Box', metadata: { name, namespace: 'default', finalizers } }) as ApiObject
  const definition = () => client.get(CustomResourceDefinition, { name: NAME })
  return { cluster, box, definition, scheme }
}

describe('a definition on its way out', () => {
  test('takes its objects along at once', async () => {
    const { cluster, box, definition } = await start()
    await using _ = cluster
    await Promise.all(['a', 'b', 'c'].map((name) => cluster.client.create(box(name))))
    await cluster.client.delete(CustomResourceDefinition as never, { name: NAME })
    await cluster.clock.advance(0)
    expect(await definition()).toBeUndefined()
    expect(cluster.store.count('example.com/boxes')).toBe(0)
    expect(cluster.errors).toEqual([])
  })

  test('waits for those that others hold, and goes with the last of them without being asked', async () => {
    const { cluster, box, definition, scheme } = await start()
    await using _ = cluster
    const { client, clock } = cluster
    const held = await Promise.all(['a', 'b'].map((name) => client.create(box(name, ['example.com/held']))))
    await client.delete(CustomResourceDefinition as never, { name: NAME })
    await clock.advance(60_000)
    const conditions = (await definition())?.status?.conditions ?? []
    expect(conditions.find(({ type }) => type === 'Terminating')?.status).toBe('True')
    await expect(client.create(box('late'))).rejects.toThrow(
      'create not allowed while custom resource definition is terminating',
    )
    const kind = scheme.byKind('example.com/v1', 'Box')
    for (const { metadata } of held) {
      expect(await definition()).toBeDefined()
      const key = { namespace: 'default', name: metadata.name }
      await client.mergePatch(kind as never, key, { metadata: { finalizers: null } })
      await clock.advance(0)
    }
    expect(await definition()).toBeUndefined()
    expect(cluster.errors).toEqual([])
  })

  test('can be defined anew', async () => {
    const { cluster, box, definition } = await start()
    await using _ = cluster
    const { client, clock } = cluster
    const { metadata: _metadata, status: _status, ...rest } = (await definition()) as CustomResourceDefinition
    for (let round = 0; round < 2; round++) {
      await client.create(box('a'))
      await client.delete(CustomResourceDefinition as never, { name: NAME })
      await clock.advance(0)
      expect(await definition()).toBeUndefined()
      await client.create({ ...rest, metadata: { name: NAME } } as ApiObject)
      await clock.advance(0)
    }
    expect(cluster.errors).toEqual([])
  })
})
