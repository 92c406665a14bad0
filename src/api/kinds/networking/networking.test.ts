import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { HTTPIngressPath, IngressBackend, IngressSpec, NetworkPolicySpec } from '../../types.generated.ts'
import { IngressClass } from './ingress-class.ts'
import { Ingress } from './ingress.ts'
import { IPAddress } from './ip-address.ts'
import { NetworkPolicy } from './network-policy.ts'
import { ServiceCIDR } from './service-cidr.ts'

const apiVersion = 'networking.k8s.io/v1'
const BACKEND: IngressBackend = { service: { name: 'web', port: { number: 80 } } }

function ingress(spec: IngressSpec, annotations: Record<string, string> = {}): Ingress {
  return { apiVersion, kind: 'Ingress', metadata: { name: 'web', namespace: 'shop', annotations }, spec }
}

describe('an Ingress', () => {
  const path = (one: Partial<HTTPIngressPath>): IngressSpec => ({
    rules: [
      { host: 'shop.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: BACKEND, ...one }] } },
    ],
  })
  const field = 'spec.rules[0].http.paths[0]'

  test.each<[IngressSpec, readonly string[]]>([
    [path({}), []],
    [{ defaultBackend: BACKEND }, []],
    [{}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [
      path({ path: 'a//b/..' }),
      [
        `${field}.path: Invalid value: "a//b/..": must be an absolute path`,
        `${field}.path: Invalid value: "a//b/..": must not contain '//'`,
        `${field}.path: Invalid value: "a//b/..": cannot end with '/..'`,
      ],
    ],
    [
      path({ pathType: 'Regex' }),
      [`${field}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [path({ pathType: undefined as never }), [`${field}.pathType: Required value: pathType must be specified`]],
    [path({ path: '', pathType: 'ImplementationSpecific' }), []],
    [path({ backend: {} }), [`${field}.backend: Invalid value: "": resource or service backend is required`]],
    [
      path({ backend: { service: { name: 'web', port: {} } } }),
      [`${field}.backend: Required value: port name or number is required`],
    ],
    [
      path({ backend: { service: { name: 'web', port: { name: 'http', number: 80 } } } }),
      [`${field}.backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      path({ backend: { resource: { kind: '', name: 'a' } } }),
      [`${field}.backend.resource.kind: Required value: kind is required`],
    ],
    [
      { rules: [{ host: '10.0.0.1' }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [{ rules: [{ host: '*.shop.example.com', http: { paths: [] } }] }, ['spec.rules[0].http.paths: Required value']],
    [
      { defaultBackend: BACKEND, tls: [{ hosts: ['*'], secretName: 'Not A Name' }] },
      [
        expect.stringMatching(
          /^spec\.tls\[0\]\.hosts\[0\]: Invalid value: "\*": a wildcard DNS-1123 subdomain must start with/,
        ) as never,
        expect.stringMatching(
          /^spec\.tls\[0\]\.secretName: Invalid value: "Not A Name": a lowercase RFC 1123 subdomain/,
        ) as never,
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(Ingress, ingress(spec))).toEqual(expected)
  })

  test('names one class', () => {
    const object = ingress(
      { defaultBackend: BACKEND, ingressClassName: 'istio' },
      { 'kubernetes.io/ingress.class': 'nginx' },
    )
    expect(refusals(Ingress, object)).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "nginx": must match `ingressClassName` when both are specified',
    ])
  })

  test('with the old annotation earns a warning', () => {
    const object = ingress({ defaultBackend: BACKEND }, { 'kubernetes.io/ingress.class': 'nginx' })
    expect([...(Ingress.warnings?.(object) ?? [])]).toEqual([
      'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
    ])
  })

  test('is reached by names or addresses', () => {
    const status = { loadBalancer: { ingress: [{ ip: '1.2.3' }, { hostname: '1.2.3.4' }] } }
    const object = ingress({ defaultBackend: BACKEND })
    expect(problems(Ingress.validateStatus?.({ ...object, status }, object))).toEqual([
      'status.loadBalancer.ingress[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ])
  })

  test.each([
    [[], '*'],
    [['a', 'b', 'c'], 'a,b,c'],
    [['a', 'b', 'c', 'd', 'e'], 'a,b,c + 2 more...'],
  ])('hosts %j print as %s', (hosts, expected) => {
    const rules = hosts.map((host) => ({ host }))
    expect(row(Ingress, ingress({ rules, tls: [{}] }), 0)).toMatchObject({
      Hosts: expected,
      Ports: '80, 443',
      Class: '<none>',
    })
  })
})

describe('an IngressClass', () => {
  const make = (spec: IngressClass['spec']): IngressClass => ({
    apiVersion,
    kind: 'IngressClass',
    metadata: { name: 'istio' },
    spec,
  })
  const parameters = { kind: 'Config', name: 'c', apiGroup: 'acme.io' }

  test.each<[IngressClass['spec'], readonly string[]]>([
    [{ controller: 'istio.io/ingress-controller', parameters }, []],
    [
      { controller: 'istio' },
      ['spec.controller: Invalid value: "istio": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      { controller: 'a.io/b', parameters: { ...parameters, namespace: 'x' } },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      { controller: 'a.io/b', parameters: { ...parameters, scope: 'Namespace' } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(IngressClass, make(spec))).toEqual(expected)
  })

  test('keeps its controller', () => {
    expect(updateRefusals(IngressClass, make({ controller: 'a.io/c' }), make({ controller: 'a.io/b' }))).toEqual([
      'spec.controller: Invalid value: "a.io/c": field is immutable',
    ])
  })

  test('prints its parameters', () => {
    expect(row(IngressClass, make({ controller: 'a.io/b', parameters }), 0)).toMatchObject({
      Parameters: 'Config.acme.io/c',
    })
  })
})

describe('a NetworkPolicy', () => {
  const make = (spec: NetworkPolicySpec): NetworkPolicy => ({
    apiVersion,
    kind: 'NetworkPolicy',
    metadata: { name: 'deny', namespace: 'shop' },
    spec: { podSelector: {}, ...spec },
  })
  const from = (peer: object): NetworkPolicySpec => ({ ingress: [{ from: [peer] }] })
  const port = (one: object): NetworkPolicySpec => ({ egress: [{ ports: [one] }] })

  test.each<[NetworkPolicySpec, readonly string[]]>([
    [{}, ['Ingress']],
    [{ egress: [{}] }, ['Ingress', 'Egress']],
    [{ policyTypes: ['Egress'] }, ['Egress']],
  ])('%j is about %j', (spec, policyTypes) => {
    expect(created(NetworkPolicy, make(spec)).spec.policyTypes).toEqual(policyTypes)
  })

  test('speaks of TCP unless it says otherwise', () => {
    expect(created(NetworkPolicy, make(port({ port: 80 }))).spec.egress).toEqual([
      { ports: [{ port: 80, protocol: 'TCP' }] },
    ])
  })

  test.each<[NetworkPolicySpec, readonly string[]]>([
    [from({ podSelector: {} }), []],
    [from({}), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '11.0.0.0/16', '10.0.0.0/8'] } }),
      [
        'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      ],
    ],
    [
      from({ ipBlock: { cidr: 'ten' } }),
      [
        'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "ten": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      port({ port: 90, endPort: 80 }),
      ['spec.egress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`'],
    ],
    [
      port({ port: 'http', endPort: 80 }),
      ['spec.egress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric'],
    ],
    [
      port({ endPort: 80, protocol: 'ICMP' }),
      [
        'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
        'spec.egress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
      ],
    ],
    [
      { policyTypes: ['Both'] },
      ['spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"'],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(NetworkPolicy, make(spec))).toEqual(expected)
  })

  test('warns of unusual ways to write a network', () => {
    const object = make(from({ ipBlock: { cidr: '2001:DB8::/32' } }))
    expect([...(NetworkPolicy.warnings?.(object) ?? [])]).toEqual([
      'spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
    ])
  })
})

describe('addresses of services', () => {
  const address = (name: string): IPAddress => ({
    apiVersion,
    kind: 'IPAddress',
    metadata: { name },
    spec: { parentRef: { resource: 'services', namespace: 'shop', name: 'web' } },
  })
  const cidr = (...cidrs: readonly string[]): ServiceCIDR => ({
    apiVersion,
    kind: 'ServiceCIDR',
    metadata: { name: 'more' },
    spec: { cidrs },
  })

  test('an address is named by itself', () => {
    expect(refusals(IPAddress, address('10.96.0.1'))).toEqual([])
    expect(refusals(IPAddress, address('web'))).toEqual([
      'metadata.name: Invalid value: "web": ParseAddr("web"): unable to parse IP',
    ])
    expect(refusals(IPAddress, address('2001:DB8::1'))).toEqual([
      'metadata.name: Invalid value: "2001:DB8::1": must be a canonical format IP address',
    ])
    expect(row(IPAddress, address('10.96.0.1'), 0)).toMatchObject({ ParentRef: 'services/shop/web' })
  })

  test.each<[readonly string[], readonly string[]]>([
    [['10.96.0.0/16'], []],
    [['10.96.0.0/16', '2001:db8::/64'], []],
    [[], ['spec.cidrs: Required value: at least one CIDR required']],
    [
      ['10.96.0.0/16', '10.97.0.0/16'],
      [
        'spec.cidrs: Invalid value: {"CIDRs":["10.96.0.0/16","10.97.0.0/16"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [
      ['10.96.0.1/16'],
      ['spec.cidrs[0]: Invalid value: "10.96.0.1/16": wrong CIDR format, IP doesn\'t match network IP address'],
    ],
  ])('%j', (cidrs, expected) => {
    expect(refusals(ServiceCIDR, cidr(...cidrs))).toEqual(expected)
  })

  test('networks stay', () => {
    expect(updateRefusals(ServiceCIDR, cidr('10.97.0.0/16'), cidr('10.96.0.0/16'))).toEqual([
      'spec.cidrs: Invalid value: ["10.97.0.0/16"]: field is immutable',
    ])
  })
})
