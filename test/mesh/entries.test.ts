import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { meshKind } from '../../src/api/kinds/istio/mesh-kinds.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady, askFromPod } from '../support/cluster-pods.ts'

/** Addresses that ServiceEntries are given: in their status, in what a proxy says of names, and on the way to pods. */
const MANIFESTS = fileURLToPath(new URL('fixtures/entries.yaml', import.meta.url))

let cluster: TestCluster

beforeAll(async () => {
  cluster = await startCluster({ seed: 'entries' })
  await cluster.apply(readFileSync(MANIFESTS, 'utf8'))
  await cluster.until(() => arePodsReady(cluster.client))
})

afterAll(() => cluster[Symbol.asyncDispose]())

async function addressOf(name: string): Promise<string> {
  const entry = await cluster.client.get(meshKind('ServiceEntry'), { namespace: 'shop', name })
  const { addresses = [] } =
    (entry as ApiObject & { status?: { addresses?: readonly { value: string }[] } }).status ?? {}
  return addresses[0]?.value ?? ''
}

async function ask(from: string, url: string): Promise<string> {
  return (await askFromPod(cluster, { namespace: 'shop', name: from }, url)).text
}

test('the address in the status is what the name of a database means, and leads to it alone', async () => {
  const [orders, stock] = [await addressOf('orders'), await addressOf('stock')]
  expect([orders, stock].toSorted()).toEqual(['240.240.0.1', '240.240.0.2'])
  for (const [name, address] of [
    ['orders', orders],
    ['stock', stock],
  ]) {
    expect(await ask('web', `http://${name}.example:7000/`)).toBe(`shop/${name} answers GET /\n`)
    expect(await ask('web', `http://${address}:7000/`)).toBe(`shop/${name} answers GET /\n`)
  }
})

test('whose proxy resolves no names does not know such a host', async () => {
  expect(await ask('deaf', 'http://orders.example:7000/')).toContain('no such host')
})
