import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtinKinds } from '../api/kinds/builtin-kinds.ts'
import { ConfigMap } from '../api/kinds/core/config-map.ts'
import { Scheme } from '../api/scheme.ts'
import { createPlatform, type Platform } from '../platform.ts'
import { realWorld } from '../world/real-world.ts'
import { Client, isAlreadyExists, isConflict } from './client.ts'
import { HttpTransport } from './http-transport.ts'
import { Informer } from './informer.ts'

let platform: Platform
let client: Client

beforeAll(async () => {
  const world = realWorld()
  platform = await createPlatform({ world, nodes: [] })
  const { url, ca, certificate, key } = await platform.listen({ port: 0 })
  const transport = new HttpTransport({ network: world.network, url, tls: { ca, cert: certificate, key } })
  const scheme = new Scheme()
  for (const kind of builtinKinds()) scheme.add(kind)
  client = new Client({ transport, scheme, user: { username: 'unused' }, fieldManager: 'http-test' })
})

afterAll(() => platform.stop())

function configMap(name: string, value: string): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } }
}

test('a client does over HTTP what it does in process', async () => {
  const key = { namespace: 'default', name: 'one' }
  const created = await client.create(configMap('one', 'a'))
  expect(created.metadata.uid).toBeDefined()
  expect((await client.get(ConfigMap, key))?.data).toEqual({ value: 'a' })
  await expect(client.create(configMap('one', 'b')).catch(isAlreadyExists)).resolves.toBe(true)
  const updated = await client.update({ ...created, data: { value: 'b' } })
  await expect(client.update({ ...created, data: { value: 'c' } }).catch(isConflict)).resolves.toBe(true)
  const patched = await client.mergePatch(ConfigMap, key, { data: { more: 'd' } })
  expect(patched.data).toEqual({ value: 'b', more: 'd' })
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(updated.metadata.resourceVersion))
  await client.apply(configMap('two', 'x'))
  const { items } = await client.list(ConfigMap, { namespace: 'default', labelSelector: '!absent' })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['one', 'two']))
  await client.delete(ConfigMap, key)
  expect(await client.get(ConfigMap, key)).toBeUndefined()
})

test('an informer follows a cluster over HTTP', async () => {
  const informer = new Informer(client, ConfigMap, platform.world.clock)
  informer.start()
  await informer.synced()
  const seen = new Promise<string>((resolve) => {
    informer.handle({ added: ({ metadata }) => metadata.name === 'followed' && resolve(metadata.name) })
  })
  await client.create(configMap('followed', 'y'))
  await expect(seen).resolves.toBe('followed')
  informer.stop()
})
