import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { meshKind } from '../../api/kinds/istio/mesh-kinds.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ServiceEntry } from '../config/types/service-entry.ts'
import { EntryAddressController } from './entry-address-controller.ts'

const SERVICE_ENTRY = {
  ...meshKind('ServiceEntry'),
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
} as unknown as Kind<ServiceEntry>

interface Entries extends AsyncDisposable {
  create(name: string, entry?: Pick<ServiceEntry, 'spec' | 'status'>): Promise<void>
  change(name: string, spec: ServiceEntry['spec']): Promise<void>
  /** By host. */
  given(name: string): Promise<Readonly<Record<string, readonly string[]>>>
  status(name: string): Promise<unknown>
  /** istiod runs now, with the variable that says whether addresses are given. */
  istiod(value: string): Promise<void>
}

/** `found`: what is there when the controller begins, with the addresses that it has. */
async function entries(
  options: { readonly found?: Readonly<Record<string, readonly string[]>>; givesAddresses?(): boolean } = {},
): Promise<Entries> {
  const cluster = await testCluster({ kinds: [SERVICE_ENTRY] })
  const { client, clock, informers } = cluster
  const { found = {}, givesAddresses = () => true } = options
  const key = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name })
  const read = async (name: string): Promise<ServiceEntry> => {
    const entry = await client.get(SERVICE_ENTRY, key(name))
    expect(entry).toBeDefined()
    return entry as ServiceEntry
  }
  const create: Entries['create'] = async (name, { spec = {}, status } = {}) => {
    const entry = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: key(name),
      spec: { hosts: [`${name}.example`], resolution: 'DNS', ...spec },
    }
    await client.create(entry as ServiceEntry)
    const patch = { type: 'application/merge-patch+json', body: { status }, subresource: 'status' } as const
    if (status !== undefined) await client.patch(SERVICE_ENTRY, key(name), patch)
    await clock.advance(1_000)
  }
  for (const [name, values] of Object.entries(found)) {
    await create(name, { status: { addresses: values.map((value) => ({ value, host: `${name}.example` })) } })
  }
  await cluster.run(new EntryAddressController({ client, informers, givesAddresses }))
  return {
    create,
    async change(name, spec) {
      const before = await read(name)
      await client.update({ ...before, spec: { ...before.spec, ...spec } } as ServiceEntry)
      await clock.advance(1_000)
    },
    async given(name) {
      const { status } = await read(name)
      const byHost = Map.groupBy(status?.addresses ?? [], ({ host = '' }) => host)
      return Object.fromEntries([...byHost].map(([host, all]) => [host, all.map(({ value = '' }) => value)]))
    },
    status: async (name) => (await read(name)).status,
    async istiod(value) {
      const env = [{ name: 'PILOT_ENABLE_IP_AUTOALLOCATE', value }]
      const metadata = { name: `istiod-${value}`, namespace: 'istio-system', labels: { app: 'istiod' } }
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } } as ApiObject)
      const spec = { containers: [{ name: 'discovery', image: 'pilot', env }] }
      await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec } as Pod)
      await clock.advance(1_000)
    },
    async [Symbol.asyncDispose]() {
      expect(cluster.errors).toEqual([])
      await cluster[Symbol.asyncDispose]()
    },
  }
}

function pair(number: number): readonly string[] {
  return [`240.240.0.${number}`, `2001:2::${number.toString(16)}`]
}

test('entries are given one address of each family for each host, in turn', async () => {
  await using shop = await entries()
  await shop.create('a')
  await shop.create('b', { spec: { hosts: ['b1.example', 'b2.example'] } })
  expect(await shop.given('a')).toEqual({ 'a.example': pair(1) })
  expect(await shop.given('b')).toEqual({ 'b1.example': pair(2), 'b2.example': pair(3) })
  await shop.change('b', { hosts: ['b2.example', 'b3.example'] })
  expect(await shop.given('b')).toEqual({ 'b2.example': pair(3), 'b3.example': pair(4) })
})

test('what else a status says stays in it', async () => {
  await using shop = await entries()
  const conditions = [{ type: 'Reconciled', status: 'True' }]
  await shop.create('a', { status: { conditions } as NonNullable<ServiceEntry['status']> })
  expect(await shop.status('a')).toMatchObject({ conditions, addresses: [{ host: 'a.example' }, {}] })
})

test('an address that somebody says as the own goes to them, and the entry gets others', async () => {
  await using shop = await entries()
  await shop.create('a')
  await shop.create('mine', { spec: { addresses: ['240.240.0.1'] } })
  expect(await shop.given('a')).toEqual({ 'a.example': pair(2) })
  expect(await shop.status('mine')).toBeUndefined()
})

test('of two that were given the same, the older keeps it', async () => {
  await using shop = await entries()
  await shop.create('b')
  const addresses = pair(1).map((value) => ({ value, host: 'a.example' }))
  await shop.create('a', { status: { addresses } })
  expect(await shop.given('b')).toEqual({ 'b.example': pair(1) })
  expect(await shop.given('a')).toEqual({ 'a.example': pair(3) })
})

test('an entry that needs its addresses no more lets them go, and the next one gets them', async () => {
  await using shop = await entries()
  await shop.create('a')
  await shop.create('b')
  await shop.change('a', { resolution: 'NONE' })
  expect(await shop.status('a')).toEqual({ addresses: [] })
  await shop.create('c')
  expect(await shop.given('c')).toEqual({ 'c.example': pair(1) })
  expect(await shop.given('b')).toEqual({ 'b.example': pair(2) })
})

test('addresses that a process before this one gave stay', async () => {
  await using shop = await entries({ found: { b: pair(1), a: pair(2) } })
  await shop.create('c')
  expect([await shop.given('b'), await shop.given('a'), await shop.given('c')]).toEqual([
    { 'b.example': pair(1) },
    { 'a.example': pair(2) },
    { 'c.example': pair(3) },
  ])
})

test('nothing is given while istiod is told not to, and all that lacks once it is', async () => {
  let isOn = false
  await using shop = await entries({ givesAddresses: () => isOn })
  await shop.create('a')
  expect(await shop.status('a')).toBeUndefined()
  isOn = true
  await shop.istiod('true')
  expect(await shop.given('a')).toEqual({ 'a.example': pair(1) })
})
