import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady } from '../support/cluster-pods.ts'

/** Simulated pods as authorizers, in virtual time. */
const MANIFESTS = fileURLToPath(new URL('fixtures/authorizers.yaml', import.meta.url))

let cluster: TestCluster
let podIp: string | undefined

beforeAll(async () => {
  cluster = await startCluster({ seed: 'authorizers' })
  await cluster.apply(readFileSync(MANIFESTS, 'utf8'))
  await cluster.until(() => arePodsReady(cluster.client, 6))
  const { items } = await cluster.client.list(Pod)
  podIp = items.find(({ metadata }) => metadata.name === 'shopper')?.status?.podIP
})

afterAll(() => cluster[Symbol.asyncDispose]())

/** The status that the shopper gets. */
async function statusOf(url: string): Promise<number> {
  const answered = cluster.platform.network.request(
    { url, method: 'GET' },
    { ...(podIp !== undefined && { podIp }), namespace: 'shop' },
  )
  let isThere = false
  void answered.then(() => (isThere = true))
  await cluster.until(() => isThere)
  return (await answered).status
}

test.each([
  ['over HTTP', 'http://behind-http/tea', 200],
  ['over HTTP, who refuses', 'http://behind-http/coffee', 401],
  ['over gRPC', 'http://behind-grpc/coffee', 200],
  ['over gRPC, who refuses', 'http://behind-refusing/tea', 401],
])('a pod is asked %s', async (_, url, status) => {
  expect(await statusOf(url)).toBe(status)
})
