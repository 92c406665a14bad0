import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlatform } from '../../src/platform.ts'
import { TestCluster } from '../../src/testing.ts'
import type { RequestOptions, ResponseStream } from '../../src/world/network.ts'
import { rehearsedWorld } from '../../src/world/rehearsed-world.ts'
import { defaultNodeProfile } from '../../src/api/kinds/dabba/node-profile.ts'
import { arePodsReady, askFromPod } from '../support/cluster-pods.ts'

/** Calls that leave the cluster: the caller's proxy decides on them by the name that is asked for, as it does inside. */
const MANIFESTS = fileURLToPath(new URL('fixtures/egress.yaml', import.meta.url))

let cluster: TestCluster

beforeAll(async () => {
  const world = rehearsedWorld({ seed: 'egress' })
  const { network } = world
  const outside = {
    listen: network.listen.bind(network),
    connectLines: network.connectLines.bind(network),
    request: ({ url, headers = {} }: RequestOptions): Promise<ResponseStream> => {
      if (url.includes('nobody')) return Promise.reject(new Error('getaddrinfo ENOTFOUND nobody.example'))
      const { host = '', 'x-desk': desk = '' } = headers
      return Promise.resolve({
        status: 200,
        headers: {},
        body: said([url, host, desk].filter((part) => part !== '').join(' as ')),
      })
    },
  }
  const nodes = [defaultNodeProfile(1)]
  const platform = await createPlatform({ world: { ...world, network: outside }, nodes, reachesHost: true })
  cluster = new TestCluster(platform, [])
  await cluster.apply(readFileSync(MANIFESTS, 'utf8'))
  await cluster.until(() => arePodsReady(cluster.client))
})

afterAll(() => cluster[Symbol.asyncDispose]())

async function* said(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

async function ask(namespace: string, url: string): Promise<string> {
  const { status, text } = await askFromPod(cluster, { namespace, name: 'web' }, url)
  return status === 0 ? text : `${status} ${text}`
}

test.each([
  [
    'a host of a ServiceEntry, by its routes',
    'shop',
    'http://bank.example/pay',
    '200 http://bank.example:8080/pay as bank.example as 7',
  ],
  ['a host of a ServiceEntry whose route breaks off', 'shop', 'http://bank.example/closed', '418 fault filter abort'],
  ['TLS to a host of a ServiceEntry', 'shop', 'https://bank.example/pay', '200 https://bank.example/pay'],
  ['a host that nobody knows', 'shop', 'http://news.example/today', '200 http://news.example/today as news.example'],
  [
    'a host that nobody knows, in TLS',
    'shop',
    'https://news.example:8443/today',
    '200 https://news.example:8443/today',
  ],
  ['an alias of a host', 'shop', 'http://pay/now', '200 http://till.example/now as pay'],
  [
    'a host that is not there',
    'shop',
    'http://nobody.example/',
    '503 upstream connect error or disconnect/reset before headers. reset reason: connection termination',
  ],
  ['who may ask only whom the mesh knows', 'vault', 'http://news.example/today', '502 '],
  ['the same in TLS', 'vault', 'https://news.example/today', 'read: connection reset by peer'],
  [
    'the same, of whom the mesh knows',
    'vault',
    'http://bank.example/pay',
    '200 http://bank.example:8080/pay as bank.example as 7',
  ],
  ['who has no proxy', 'plain', 'http://bank.example/closed', '200 http://bank.example/closed'],
  [
    'who has no proxy, of a host that is not there',
    'plain',
    'http://nobody.example/',
    'getaddrinfo ENOTFOUND nobody.example',
  ],
])('%s', async (_what, namespace, url, answer) => {
  expect(await ask(namespace, url)).toBe(answer)
})
