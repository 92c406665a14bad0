import { readFileSync } from 'node:fs'
import { type KubernetesObject, KubernetesObjectApi, loadAllYaml, PatchStrategy } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { ConnectedCluster } from './connected-cluster.ts'

test('YAML of any kind is created, read, patched, listed and deleted without its types', async () => {
  await using cluster = await ConnectedCluster.start()
  const objects = KubernetesObjectApi.makeApiClient(cluster.config)
  const manifests = loadAllYaml(readFileSync(`${cluster.served.folder}/kinds.yaml`, 'utf8')) as Manifest[]
  expect(manifests.length).toBeGreaterThan(10)
  for (const manifest of manifests) await objects.create(manifest)
  for (const { apiVersion, kind, metadata } of manifests) {
    const { name, namespace } = metadata
    expect(await objects.read({ apiVersion, kind, metadata })).toMatchObject({ apiVersion, kind, metadata: { name } })

    const patch = { apiVersion, kind, metadata: { ...metadata, annotations: { seen: 'yes' } } }
    const patched = await objects.patch(patch, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch)
    expect(patched.metadata?.annotations?.['seen'], kind).toBe('yes')

    const { items } = await objects.list(apiVersion, kind, namespace)
    expect(items.map((item) => item.metadata?.name)).toContain(name)
  }
  for (const manifest of manifests.toReversed()) await objects.delete(manifest)
})

test('a kind that is not there is an error of the client', async () => {
  await using cluster = await ConnectedCluster.start()
  const objects = KubernetesObjectApi.makeApiClient(cluster.config)
  const unicorn = { apiVersion: 'v1', kind: 'Unicorn', metadata: { name: 'u' } }
  await expect(objects.create(unicorn)).rejects.toThrow('Unrecognized API version and kind: v1 Unicorn')
})

interface Manifest extends KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string }
}
