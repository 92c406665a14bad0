import { describe, expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { ServiceAccount } from '../../api/kinds/core/service-account.ts'
import type { ApiObject } from '../../api/object.ts'
import { RootCaController } from './root-ca-controller.ts'
import { ServiceAccountController } from './service-account-controller.ts'

const ACCOUNT = { namespace: 'shop', name: 'default' }
const AUTHORITY = { namespace: 'shop', name: 'kube-root-ca.crt' }

async function start() {
  const cluster = await testCluster()
  const { client } = cluster
  await cluster.run(new ServiceAccountController(client), new RootCaController(client, () => 'the certificate'))
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as ApiObject)
  await cluster.clock.advance(0)
  return cluster
}

describe('a namespace has', () => {
  test('a service account for pods that name none, again when it was deleted', async () => {
    await using cluster = await start()
    const { client, clock } = cluster
    const first = await client.get(ServiceAccount, ACCOUNT)
    await client.delete(ServiceAccount, ACCOUNT)
    await clock.advance(0)
    const second = await client.get(ServiceAccount, ACCOUNT)
    expect(second?.metadata.uid).toBeDefined()
    expect(second?.metadata.uid).not.toBe(first?.metadata.uid)
    expect(cluster.errors).toEqual([])
  })

  test('the certificate of the authority, again when it was deleted, and as it was when it was changed', async () => {
    await using cluster = await start()
    const { client, clock } = cluster
    expect((await client.get(ConfigMap, AUTHORITY))?.data).toEqual({ 'ca.crt': 'the certificate' })
    await client.mergePatch(ConfigMap, AUTHORITY, { data: { 'ca.crt': 'forged', more: 'x' } })
    await clock.advance(0)
    expect((await client.get(ConfigMap, AUTHORITY))?.data).toEqual({ 'ca.crt': 'the certificate' })
    await client.delete(ConfigMap, AUTHORITY)
    await clock.advance(0)
    expect((await client.get(ConfigMap, AUTHORITY))?.data).toEqual({ 'ca.crt': 'the certificate' })
    expect(cluster.errors).toEqual([])
  })

  test('neither while it is on its way out', async () => {
    await using cluster = await start()
    const { client, clock, store } = cluster
    const { items } = store.list('/namespaces')
    const shop = items.find(({ metadata }) => metadata.name === 'shop') as ApiObject
    const deletionTimestamp = '2026-01-01T00:00:00Z'
    await store.update('/namespaces', { ...shop, metadata: { ...shop.metadata, deletionTimestamp } })
    await client.delete(ServiceAccount, ACCOUNT)
    await client.delete(ConfigMap, AUTHORITY)
    await clock.advance(60_000)
    expect(await client.get(ServiceAccount, ACCOUNT)).toBeUndefined()
    expect(await client.get(ConfigMap, AUTHORITY)).toBeUndefined()
  })
})
