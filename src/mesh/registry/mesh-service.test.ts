import { expect, test } from 'vitest'
import type { ServiceEntry } from '../config/types/service-entry.ts'
import { servicesOfEntry } from './mesh-service.ts'

function entry(spec: object, status: object = {}): ServiceEntry {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name: 'x' },
    spec,
    status,
  } as ServiceEntry
}

test('a host without an address has the one that it was given', () => {
  const addresses = [
    { value: '240.240.0.1', host: 'a.in' },
    { value: '240.240.0.2', host: 'b.in' },
  ]
  const given = servicesOfEntry(entry({ hosts: ['a.in', 'b.in'] }, { addresses }))
  expect(given.map((service) => service.addresses)).toEqual([['240.240.0.1'], ['240.240.0.2']])
  const own = servicesOfEntry(entry({ hosts: ['a.in'], addresses: ['1.2.3.4'] }, { addresses }))
  expect(own.map((service) => service.addresses)).toEqual([['1.2.3.4']])
})

test.each([
  ['NONE', 'passthrough'],
  ['STATIC', 'endpoints'],
  ['DNS', 'dns'],
  ['DYNAMIC_DNS', 'dns'],
] as const)('resolution %s', (resolution, expected) => {
  expect(servicesOfEntry(entry({ hosts: ['a.in'], resolution }))[0]?.resolution).toBe(expected)
})
