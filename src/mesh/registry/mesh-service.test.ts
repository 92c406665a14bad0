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

test('a host without an address is given one by the status', () => {
  const addresses = [
    { value: '240.240.0.1', host: 'a.in' },
    { value: '240.240.0.2', host: 'b.in' },
  ]
  const spec = { hosts: ['a.in', 'b.in'], resolution: 'DNS' }
  const allocated = (each: ServiceEntry) => servicesOfEntry(each).map((service) => service.allocated)
  expect(allocated(entry(spec, { addresses }))).toEqual([['240.240.0.1'], ['240.240.0.2']])
  expect(allocated(entry({ ...spec, addresses: ['1.2.3.4'] }, { addresses }))).toEqual([undefined, undefined])
  expect(allocated(entry({ ...spec, resolution: 'NONE' }, { addresses }))).toEqual([undefined, undefined])
  const { metadata, ...rest } = entry(spec, { addresses })
  const labels = { 'networking.istio.io/enable-autoallocate-ip': 'False' }
  expect(allocated({ ...rest, metadata: { ...metadata, labels } })).toEqual([undefined, undefined])
})

test.each([
  ['NONE', 'passthrough'],
  ['STATIC', 'endpoints'],
  ['DNS', 'dns'],
  ['DYNAMIC_DNS', 'dns'],
] as const)('resolution %s', (resolution, expected) => {
  expect(servicesOfEntry(entry({ hosts: ['a.in'], resolution }))[0]?.resolution).toBe(expected)
})
