import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import type { HostListening } from '../../network/host/host-listeners.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { browserAddress } from './browser-address.ts'

const ROUTES = [
  { kind: 'VirtualService', spec: { hosts: ['shop.example', 'shop.localhost'] } },
] as unknown as readonly ApiObject[]

function balancer(name: string, port: number): HostListening {
  return { name: `service/${name}/balancer:80`, host: '127.0.0.1', port }
}

async function addressOf(listed: readonly HostListening[], applied = ROUTES): Promise<string | undefined> {
  const clock = new VirtualClock(0)
  const found = browserAddress(applied, { host: { list: () => listed }, clock, signal: new AbortController().signal })
  await clock.runUntil(5_000, { eventsMax: 1_000 })
  return found
}

test('a name of this host leads to the load balancer', async () => {
  expect(await addressOf([balancer('edge/gateway', 80)])).toBe('http://shop.localhost/')
})

test('where port 80 takes privileges, the port that stands in is told', async () => {
  expect(await addressOf([balancer('edge/gateway', 20_345)])).toBe('http://shop.localhost:20345/')
})

test('an Ingress serves names too', async () => {
  const ingress = { kind: 'Ingress', spec: { rules: [{}, { host: 'tea.localhost' }] } } as unknown as ApiObject
  expect(await addressOf([balancer('edge/gateway', 80)], [ingress])).toBe('http://tea.localhost/')
})

test('nothing is told without such a name, without a load balancer, or with two of them', async () => {
  const named = { kind: 'VirtualService', spec: { hosts: ['shop.example', '*.localhost'] } } as unknown as ApiObject
  expect(await addressOf([balancer('edge/gateway', 80)], [named])).toBeUndefined()
  expect(await addressOf([])).toBeUndefined()
  expect(await addressOf([balancer('edge/gateway', 80), balancer('shop/web', 20_001)])).toBeUndefined()
})
