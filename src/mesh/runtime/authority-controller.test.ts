import { expect, test } from 'vitest'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Event } from '../../api/kinds/core/event.ts'
import { Secret } from '../../api/kinds/core/secret.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { parseYamlDocuments } from '../../api/yaml.ts'
import { Identities } from '../identity/identities.ts'
import type { ApiObject } from '../../api/object.ts'
import { authorityFiles, newMeshAuthority } from '../identity/mesh-authority.ts'
import { AuthorityController } from './authority-controller.ts'

const OWN = { namespace: 'istio-system', name: 'istio-ca-secret' }

interface Mesh extends AsyncDisposable {
  readonly cluster: TestCluster
  readonly identities: Identities
  apply(manifest: string): Promise<void>
  until(done: () => Promise<boolean> | boolean): Promise<void>
}

async function mesh(): Promise<Mesh> {
  const cluster = await testCluster()
  const { client, informers, world, clock } = cluster
  const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
  const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
  const events = cluster.events('istiod')
  await cluster.run(new AuthorityController({ client, informers, events, identities: () => identities }))
  const apply = async (manifest: string): Promise<void> => {
    for (const { value } of parseYamlDocuments(manifest)) await client.apply(value as ApiObject, { force: true })
  }
  await apply(`{ apiVersion: v1, kind: Namespace, metadata: { name: istio-system } }`)
  return {
    cluster,
    identities,
    apply,
    async until(done) {
      expect(await clock.runUntilTrue(done, clock.now() + PATIENCE_MS)).toBe(true)
    },
    async [Symbol.asyncDispose]() {
      expect(cluster.errors).toEqual([])
      await cluster[Symbol.asyncDispose]()
    },
  }
}

const PATIENCE_MS = 60_000

const INSTALLED = `{ apiVersion: v1, kind: ConfigMap, metadata: { name: istio, namespace: istio-system }, data: { mesh: "" } }`

function published({ cluster: { client } }: Mesh, namespace: string): Promise<ConfigMap | undefined> {
  return client.get(ConfigMap, { namespace, name: 'istio-ca-root-cert' })
}

function secretOf(name: string, files: Readonly<Record<string, string | undefined>>): string {
  const stringData = JSON.stringify(files)
  return `{ apiVersion: v1, kind: Secret, metadata: { name: ${name}, namespace: istio-system }, stringData: ${stringData} }`
}

test('a cluster without Istio is left alone', async () => {
  await using started = await mesh()
  await started.cluster.clock.advance(60_000)
  expect(await published(started, 'default')).toBeUndefined()
})

test('the authority is kept in a Secret, and every namespace is told whom to trust', async () => {
  await using started = await mesh()
  const { cluster, identities } = started
  await started.apply(INSTALLED)
  await started.until(async () => (await published(started, 'default')) !== undefined)
  const root = identities.authority.authority.certificate
  expect((await published(started, 'default'))?.data).toEqual({ 'root-cert.pem': root })
  const kept = await cluster.client.get(Secret, OWN)
  expect(Buffer.from(kept?.data?.['ca-cert.pem'] ?? '', 'base64').toString()).toBe(root)
  await started.apply(`{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }`)
  await started.until(async () => (await published(started, 'shop')) !== undefined)
})

test('a mesh that starts again goes on with the authority that the cluster holds', async () => {
  await using started = await mesh()
  const { cluster, identities } = started
  const before = newMeshAuthority({ organization: 'cluster.local' }, cluster.world)
  await started.apply(secretOf(OWN.name, authorityFiles(before)))
  await started.apply(INSTALLED)
  await started.until(() => identities.authority.authority.certificate === before.authority.certificate)
})

test('an authority that is plugged in is used, and the one before it still trusted', async () => {
  await using started = await mesh()
  const { cluster, identities } = started
  await started.apply(INSTALLED)
  await started.until(async () => (await published(started, 'default')) !== undefined)
  const [own = ''] = identities.authority.roots
  const foreign = newMeshAuthority({ organization: 'Bank' }, cluster.world)
  await started.apply(secretOf('cacerts', authorityFiles(foreign)))
  const both = foreign.authority.certificate + own
  await started.until(async () => (await published(started, 'default'))?.data?.['root-cert.pem'] === both)
})

test('an authority that nobody could trust is told, and not used', async () => {
  await using started = await mesh()
  const { cluster, identities } = started
  await started.apply(INSTALLED)
  const before = identities.authority
  const { authority } = newMeshAuthority({ organization: 'Bank' }, cluster.world)
  await started.apply(secretOf('cacerts', { 'ca-cert.pem': authority.certificate, 'ca-key.pem': 'none' }))
  const told = async (): Promise<readonly Event[]> =>
    (await cluster.client.list(Event, { namespace: 'istio-system' })).items.filter(({ type }) => type === 'Warning')
  await started.until(async () => (await told()).length > 0)
  expect((await told())[0]?.message).toContain('the authority before it stays in force')
  expect(identities.authority).toBe(before)
})
