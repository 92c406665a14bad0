import { expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import { DEFAULT_MESH } from './config/mesh-config.ts'
import { compile, type Snapshot, update } from './snapshot.ts'

function virtualService(name: string, spec: object, creationTimestamp = '2026-01-01T00:00:00Z'): ApiObject {
  const metadata = { name, namespace: 'shop', creationTimestamp }
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec } as ApiObject
}

const route = [{ route: [{ destination: { host: 'cart' } }] }]
const young = virtualService('young', { hosts: ['cart', '*.tea.in'], http: route }, '2026-02-01T00:00:00Z')
const old = virtualService('old', { hosts: ['cart'], gateways: ['public', 'mesh'], http: route })

function names(snapshot: Snapshot): unknown {
  const listed = (index: Pick<Snapshot['routes']['byGateway'], 'entries'>) =>
    Object.fromEntries(
      [...index.entries()]
        .filter(([, list]) => list.length > 0)
        .map(([key, list]) => [key, list.map(({ name }) => name)]),
    )
  const { byHost, byGateway, withWildcards } = snapshot.routes
  return { byHost: listed(byHost), byGateway: listed(byGateway), wild: withWildcards.map(({ name }) => name) }
}

test('older objects come first wherever they meet', () => {
  expect(names(compile([young, old], DEFAULT_MESH))).toEqual({
    byHost: { 'cart.shop.svc.cluster.local': ['old', 'young'] },
    byGateway: { mesh: ['old', 'young'], 'shop/public': ['old'] },
    wild: ['young'],
  })
})

test('a change gives the same as compiling everything anew, and leaves the old snapshot as it was', () => {
  const before = compile([young], DEFAULT_MESH)
  const added = update(before, { after: old })
  expect(names(added)).toEqual(names(compile([young, old], DEFAULT_MESH)))
  const moved = virtualService('young', { hosts: ['pay'], http: route })
  const replaced = update(added, { before: young, after: moved })
  expect(names(replaced)).toEqual(names(compile([moved, old], DEFAULT_MESH)))
  expect(names(update(replaced, { before: old }))).toEqual(names(compile([moved], DEFAULT_MESH)))
  expect(names(before)).toEqual(names(compile([young], DEFAULT_MESH)))
})

test('a changed delegate changes the routes of its root', () => {
  const root = virtualService('root', { hosts: ['cart'], http: [{ delegate: { name: 'part' } }] })
  const part = (timeout: string) => virtualService('part', { http: [{ timeout, ...route[0] }] })
  const first = part('1s')
  const snapshot = compile([root, first], DEFAULT_MESH)
  const changed = update(snapshot, { before: first, after: part('2s') })
  const timeoutIn = ({ routes }: Snapshot) =>
    routes.byHost.get('cart.shop.svc.cluster.local')?.[0]?.http[0]?.rule.timeout
  expect([timeoutIn(snapshot), timeoutIn(changed)]).toEqual(['1s', '2s'])
})

test('tables that an object has no part in are shared', () => {
  const before = compile([young], DEFAULT_MESH)
  const after = update(before, { after: old })
  expect(after.services).toBe(before.services)
  expect(after.destinationRules).toBe(before.destinationRules)
})
