import { describe, expect, test } from 'vitest'
import { printErrors } from './problem.ts'
import { type ServiceEntry, validateServiceEntry } from './service-entry.ts'

const object = { name: 'a', namespace: 'shop', labels: {}, annotations: {} }
const base: ServiceEntry = {
  hosts: ['api.example.com'],
  ports: [{ number: 443, name: 'https', protocol: 'HTTPS' }],
  resolution: 'DNS',
}

function problemsOf(entry: ServiceEntry, labels: Readonly<Record<string, string>> = {}) {
  return [...validateServiceEntry({ ...base, ...entry }, { ...object, labels })]
}

test('a name outside of the mesh is fine', () => {
  expect(problemsOf({})).toEqual([])
})

describe('a ServiceEntry is refused', () => {
  test.each<[string, ServiceEntry, string]>([
    ['without hosts', { hosts: [] }, 'service entry must have at least one host'],
    ['for any host', { hosts: ['*'], resolution: 'NONE' }, 'invalid host *'],
    [
      'for a range of addresses by name',
      { addresses: ['10.0.0.0/8'] },
      'CIDR addresses are allowed only for NONE/STATIC resolution types',
    ],
    [
      'that looks up a wildcard',
      { hosts: ['*.example.com'] },
      'hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode DNS, domain name "*.example.com" invalid (label "*" invalid)',
    ],
    [
      'whose ports share a number',
      { ports: [...(base.ports ?? []), { number: 443, name: 'b', protocol: 'TLS' }] },
      'service entry port 443 already defined',
    ],
    [
      'with endpoints of nothing',
      { resolution: 'NONE', endpoints: [{ address: '10.0.0.1' }] },
      'no endpoints should be provided for resolution type none',
    ],
    [
      'whose endpoint is no address',
      { resolution: 'STATIC', endpoints: [{ address: 'a.com' }] },
      'endpoint address "a.com" is not a valid IP address',
    ],
    [
      'whose endpoint has other ports',
      { resolution: 'STATIC', endpoints: [{ address: '10.0.0.1', ports: { b: 80 } }] },
      'endpoint port 80 is not defined by the service entry',
    ],
    [
      'of many hosts on one TCP port',
      { hosts: ['a.com', 'b.com'], ports: [{ number: 1, name: 'a', protocol: 'MONGO' }] },
      'multiple hosts provided with non-HTTP, non-TLS ports',
    ],
    [
      'that allows a name of its own',
      { resolution: 'DYNAMIC_DNS', ports: [{ number: 443, name: 'a', protocol: 'TLS' }] },
      'host must be wildcarded for resolution mode DYNAMIC_DNS',
    ],
    [
      'whose selector has a star, of which nothing else is said',
      { hosts: [], workloadSelector: { labels: { app: '*' } } },
      'wildcard is not supported in selector: "app=*"',
    ],
  ])('%s', (_what, entry, error) => {
    expect(printErrors(problemsOf(entry))).toBe(error)
  })
})

test('TCP without an address is warned of where none is given', () => {
  const tcp: ServiceEntry = { ports: [{ number: 1, name: 'a', protocol: 'TCP' }] }
  expect(problemsOf(tcp)).toEqual([])
  expect(problemsOf(tcp, { 'networking.istio.io/enable-autoallocate-ip': 'False' })).toEqual([
    {
      severity: 'warning',
      text: 'addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled',
    },
  ])
})
