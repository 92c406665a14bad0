import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import { compile } from '../snapshot.ts'
import { capturedName } from './captured-names.ts'
import { ProxyView } from './proxy-view.ts'

function entry(name: string, spec: object, given: Readonly<Record<string, readonly string[]>> = {}): ApiObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name, namespace: 'shop' },
    spec: { ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], ...spec },
    status: {
      addresses: Object.entries(given).flatMap(([host, values]) => values.map((value) => ({ value, host }))),
    },
  } as ApiObject
}

const OBJECTS = [
  entry(
    'db',
    { hosts: ['db.example', 'also.example'], resolution: 'DNS' },
    { 'db.example': ['240.240.0.1', '2001:2::1'] },
  ),
  entry('said', { hosts: ['said.example'], addresses: ['9.8.7.6', '9.9.0.0/16'], resolution: 'STATIC' }),
  entry('wide', { hosts: ['*.wide.example'], resolution: 'DYNAMIC_DNS' }, { '*.wide.example': ['240.240.0.3'] }),
  entry('own', { hosts: ['own.wide.example'], resolution: 'DNS' }, { 'own.wide.example': ['240.240.0.4'] }),
  entry('away', { hosts: ['away.example'], resolution: 'DNS', exportTo: ['.'] }, { 'away.example': ['240.240.0.5'] }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
  } as unknown as ApiObject,
]

function resolved(name: string, own: { readonly addresses?: readonly string[]; readonly namespace?: string } = {}) {
  const proxy = { type: 'sidecar', namespace: 'shop', labels: {}, addresses: ['10.0.0.1'], dnsCapture: true } as const
  return capturedName(new ProxyView(compile(OBJECTS, DEFAULT_MESH), { ...proxy, ...own }), name)
}

test.each([
  { what: 'a host that was given an address', name: 'db.example', is: ['240.240.0.1'] },
  { what: 'a host of the same entry that was given none', name: 'also.example', is: undefined },
  { what: 'a host that says its address, and a range', name: 'said.example', is: ['9.8.7.6'] },
  { what: 'what a wildcard means', name: 'any.wide.example', is: ['240.240.0.3'] },
  { what: 'what a wildcard means, deeper', name: 'a.b.wide.example', is: ['240.240.0.3'] },
  { what: 'a host that a wildcard would mean too', name: 'own.wide.example', is: ['240.240.0.4'] },
  { what: 'a host that nobody knows', name: 'nobody.example', is: undefined },
  { what: 'a Service, which the cluster resolves', name: 'cart.shop.svc.cluster.local', is: undefined },
])('$what', ({ name, is }) => expect(resolved(name)).toEqual(is))

test('a pod of the other family gets the other address', () => {
  expect(resolved('db.example', { addresses: ['fd00::1'] })).toEqual(['2001:2::1'])
  expect(resolved('db.example', { addresses: ['10.0.0.1', 'fd00::1'] })).toEqual(['240.240.0.1', '2001:2::1'])
})

test('what is not for a namespace has no name there', () => {
  expect(resolved('away.example')).toEqual(['240.240.0.5'])
  expect(resolved('away.example', { namespace: 'office' })).toBeUndefined()
})
