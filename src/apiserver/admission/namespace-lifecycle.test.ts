import { describe, expect, test } from 'vitest'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import type { ApiObject } from '../../api/object.ts'
import { testCluster } from '../../../test/support/cluster.ts'

function configMap(namespace: string, name = 'settings'): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } } as ApiObject
}

describe('NamespaceLifecycle', () => {
  test('nothing is created in a namespace that is missing, whatever else is wrong with it', async () => {
    await using cluster = await testCluster()
    await expect(cluster.client.create(configMap('nowhere', 'Not A Name'))).rejects.toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    })
  })

  test('nothing is created in a namespace that is going away', async () => {
    await using cluster = await testCluster()
    const { client } = cluster
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'doomed' } } as ApiObject)
    await client.delete(Namespace, { name: 'doomed' })
    await expect(client.create(configMap('doomed'))).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps "settings" is forbidden: unable to create new content in namespace doomed because it is being terminated',
      details: {
        name: 'settings',
        kind: 'configmaps',
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace doomed is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    })
  })

  test.each(['default', 'kube-system', 'kube-public'])('%s stays', async (name) => {
    await using cluster = await testCluster()
    await expect(cluster.client.delete(Namespace, { name })).rejects.toThrow(
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    )
  })
})
