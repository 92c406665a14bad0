import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { EndpointSlice } from './endpoint-slice.ts'

function slice(change: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'shop' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
    ...change,
  }
}

describe('an EndpointSlice', () => {
  test('has ports with a name and a protocol', () => {
    const made = created(EndpointSlice, slice())
    expect(made.ports).toEqual([{ port: 80, name: '', protocol: 'TCP' }])
    expect(EndpointSlice.default?.(made)).toBe(made)
  })

  test.each<[Partial<EndpointSlice>, readonly string[]]>([
    [{}, []],
    [{ addressType: '' }, ['addressType: Required value']],
    [{ addressType: 'IPX' }, ['addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"']],
    [{ addressType: 'IPv6' }, ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be a valid IPv6 address']],
    [{ endpoints: [{ addresses: [] }] }, ['endpoints[0].addresses: Required value: must contain at least 1 address']],
    [
      { endpoints: [{ addresses: ['127.0.0.1'], hostname: 'a.b' }] },
      [
        'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'endpoints[0].hostname: Invalid value: "a.b": must not contain dots',
      ],
    ],
    [
      { ports: [{ port: 80 }, { port: 81, protocol: 'ICMP' }] },
      [
        'ports[1].name: Duplicate value: ""',
        'ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      { endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }] },
      ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
    ],
  ])('%j', (change, expected) => {
    expect(refusals(EndpointSlice, slice(change))).toEqual(expected)
  })

  test('keeps its type of addresses', () => {
    const changed = slice({ addressType: 'FQDN', endpoints: [{ addresses: ['web.example.com'] }] })
    expect(updateRefusals(EndpointSlice, changed, slice())).toEqual([
      'addressType: Invalid value: "FQDN": field is immutable',
    ])
  })

  test('with other labels is a new generation', () => {
    const old = slice({ metadata: { name: 'web-1', generation: 1 } })
    const relabelled = slice({ metadata: { name: 'web-1', generation: 1, labels: { a: 'b' } } })
    expect(EndpointSlice.prepareForUpdate?.(relabelled, old).metadata.generation).toBe(2)
  })

  test('kubectl get', () => {
    const endpoints = ['1', '2', '3', '4', '5'].map((last) => ({ addresses: [`10.0.0.${last}`] }))
    expect(row(EndpointSlice, slice({ endpoints }), 0)).toMatchObject({
      Ports: '80',
      Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...',
    })
    expect(row(EndpointSlice, slice({ endpoints: [], ports: [] }), 0)).toMatchObject({
      Ports: '<unset>',
      Endpoints: '<unset>',
    })
  })
})
