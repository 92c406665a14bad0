import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ServiceEntry } from '../config/types/service-entry.ts'
import { withAllocatedAddresses } from './allocated-addresses.ts'
import { type MeshService, servicesOfEntry } from './mesh-service.ts'

function entry(name: string, spec: object): readonly MeshService[] {
  const metadata = { name, namespace: 'default' }
  return servicesOfEntry({ apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata, spec } as ServiceEntry)
}

function allocated(...services: readonly (readonly MeshService[])[]): readonly (readonly string[] | undefined)[] {
  return withAllocatedAddresses(services.flat()).map((service) => service.allocated)
}

// istio/istio pilot/pkg/networking/core/serviceentry_simulation_test.go, TestServiceEntryDuplicatedHostname.
test('a host that two entries share has one address, the lower of the two that are taken', () => {
  const spec = { hosts: ['istio.io'], resolution: 'DNS' }
  const [first, second] = allocated(entry('http', spec), entry('https', spec))
  expect(first).toEqual(['240.240.91.120', '2001:2::f0f0:5b78'])
  expect(second).toEqual(first)
})

test.each([
  ['with an address of its own', { hosts: ['a.in'], resolution: 'DNS', addresses: ['1.2.3.4'] }],
  ['whose address leads where it says', { hosts: ['a.in'], resolution: 'NONE' }],
  ['that is a wildcard', { hosts: ['*.in'], resolution: 'DNS' }],
])('nothing is given to a host %s', (_, spec) => {
  expect(allocated(entry('x', spec))).toEqual([undefined])
})

test('what a status says does not count beside it', () => {
  const [service] = entry('x', { hosts: ['a.in'], resolution: 'DNS' })
  if (service === undefined) throw new Error('an entry with a host has a service')
  const [own] = allocated([service])
  expect(allocated([{ ...service, allocated: ['240.240.0.1'] }])).toEqual([own])
})

test('hosts have addresses of their own, which end in neither 0 nor 255', () => {
  const hosts = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}\.in$/), { maxLength: 400 })
  fc.assert(
    fc.property(hosts, (names) => {
      const given = allocated(entry('x', { hosts: names, resolution: 'STATIC' })).map((each) => each?.[0] ?? '')
      expect(new Set(given).size).toBe(names.length)
      for (const address of given) expect(address).toMatch(/^240\.240\.\d+\.(?!0$|255$)\d+$/)
    }),
    { numRuns: 50 },
  )
})
