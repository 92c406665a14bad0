import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { ServiceSpec, ServiceStatus } from '../../types.generated.ts'
import { Service } from './service.ts'

function submitted(spec: Partial<ServiceSpec> = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', resourceVersion: '1', ...metadata },
    spec: { ports: [{ port: 80 }], ...spec },
  }
}

/** As it stands in the store: defaulted, with what the cluster gave it. */
function stored(spec: Partial<ServiceSpec> = {}): Service {
  const service = Service.prepareForCreate?.(submitted(spec)) ?? submitted()
  if (spec.type === 'ExternalName' || service.spec.clusterIP !== undefined) return service
  const allocated = {
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  }
  return { ...service, spec: { ...service.spec, ...allocated } }
}

function problemsOf(spec: Partial<ServiceSpec>, metadata: Partial<Service['metadata']> = {}): readonly string[] {
  const service = stored(spec)
  return printCauses(Service.validate?.({ ...service, metadata: { ...service.metadata, ...metadata } }))
}

describe('defaults', () => {
  test('of a plain service', () => {
    expect(Service.prepareForCreate?.(submitted())).toMatchObject({
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
      status: { loadBalancer: {} },
    })
  })

  test.each<[Partial<ServiceSpec>, Partial<ServiceSpec>]>([
    [{ type: 'NodePort' }, { externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster' }],
    [{ type: 'LoadBalancer' }, { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true }],
    [{ externalIPs: ['192.0.2.1'] }, { externalTrafficPolicy: 'Cluster' }],
    [{ sessionAffinity: 'ClientIP' }, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } }],
    [{ clusterIP: 'None' }, { clusterIPs: ['None'] }],
    [{ ports: [{ port: 80, targetPort: 'http' }] }, { ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] }],
  ])('of %j', (given, filled) => {
    expect(Service.prepareForCreate?.(submitted(given)).spec).toMatchObject(filled)
  })

  test('an external name has no policies', () => {
    const { spec } = stored({ type: 'ExternalName', externalName: 'db.example.com' })
    expect(spec.internalTrafficPolicy).toBeUndefined()
    expect(spec.externalTrafficPolicy).toBeUndefined()
  })

  test('what is filled in already is given back itself', () => {
    const service = stored({ type: 'LoadBalancer' })
    expect(Service.default?.(service)).toBe(service)
  })
})

describe('validation', () => {
  test.each<[Partial<ServiceSpec>, readonly string[]]>([
    [{}, []],
    [{ ports: [] }, ['spec.ports: Required value']],
    [{ ports: [], clusterIP: 'None' }, []],
    [
      { type: 'Tunnel' },
      [
        'spec.type: Unsupported value: "Tunnel": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      { ports: [{ port: 80 }, { name: 'b', port: 0 }] },
      [
        'spec.ports[0].name: Required value',
        'spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[1].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 80 },
        ],
      },
      [
        'spec.ports[1].name: Duplicate value: "a"',
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      { ports: [{ port: 80, nodePort: 30080 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      { type: 'NodePort', clusterIP: 'None' },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    [{ type: 'ExternalName', ports: [] }, ['spec.externalName: Required value']],
    [
      { type: 'ExternalName', externalName: 'db.example.com', clusterIP: '10.96.0.1' },
      ['spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
    ],
    [
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90000 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
      ],
    ],
    [
      { clusterIP: 'here' },
      ['spec.clusterIPs[0]: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', '10.96.0.2'] },
      ['spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: may specify no more than one IP for each IP family'],
    ],
    [
      { clusterIP: '10.96.0.1', ipFamilies: ['IPv6'] },
      ['spec.clusterIPs[0]: Invalid value: "10.96.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    ],
    [
      { externalIPs: ['127.0.0.1'] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      { externalTrafficPolicy: 'Local' },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [{ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, ['spec.healthCheckNodePort: Required value']],
    [
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      { loadBalancerClass: 'example.com/lb' },
      ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      { trafficDistribution: 'Near' },
      [
        'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
      ],
    ],
  ])('%j', (spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems)
  })

  test('its name is that of a host of old', () => {
    expect(problemsOf({}, { name: '1web' })[0]).toMatch('metadata.name: Invalid value: "1web": a DNS-1035 label')
  })
})

describe('an update', () => {
  function updated(change: Partial<ServiceSpec>, old: Service): Service {
    return Service.prepareForUpdate?.({ ...submitted(change), metadata: old.metadata }, old) ?? old
  }

  test('with the manifest of the creation changes nothing', () => {
    const old = stored({ type: 'NodePort' })
    const given = {
      ...old,
      spec: { ...old.spec, ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30080 }] },
    }
    const next = updated({ type: 'NodePort' }, given)
    expect(next.spec).toMatchObject({
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      ports: [{ nodePort: 30080 }],
    })
    expect(printCauses(Service.validate?.({ ...next, spec: { ...given.spec, ...next.spec } }, given))).toEqual([])
  })

  test('does not change the address', () => {
    const old = stored()
    const next = { ...old, spec: { ...old.spec, clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11'] } }
    expect(printCauses(Service.validate?.(next, old))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.11"]: may not change once set',
    ])
  })

  test('to a type without node ports gives them back', () => {
    const old = stored({ type: 'NodePort' })
    const ports = [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30080 }]
    const before = { ...old, spec: { ...old.spec, ports } }
    const next = updated({ ...before.spec, type: 'ClusterIP' }, before)
    expect(next.spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }])
    expect(next.spec.externalTrafficPolicy).toBeUndefined()
  })

  test('to an external name gives the address back', () => {
    const old = stored()
    const next = updated({ ...old.spec, type: 'ExternalName', externalName: 'db.example.com' }, old)
    expect(next.spec.clusterIP).toBeUndefined()
    expect(next.spec.clusterIPs).toBeUndefined()
    expect(next.spec.ipFamilies).toBeUndefined()
  })

  test('of the status knows where a load balancer is reached', () => {
    const old = stored({ type: 'LoadBalancer' })
    const problems = (status: ServiceStatus, service = old) =>
      printCauses(Service.validateStatus?.(Service.default?.({ ...service, status }) ?? service, service))
    expect(problems({ loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } })).toEqual([])
    expect(problems({ loadBalancer: { ingress: [{ hostname: '192.0.2.1' }] } })).toEqual([
      'status.loadBalancer.ingress[0].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
    ])
    expect(problems({ loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }, stored())).toEqual([
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ])
  })
})

describe('columns', () => {
  test.each<[Partial<ServiceSpec>, ServiceStatus, readonly string[]]>([
    [{}, {}, ['ClusterIP', '10.96.0.10', '<none>', '80/TCP', '<none>']],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }], selector: { b: '2', a: '1' } },
      {},
      ['NodePort', '10.96.0.10', '<none>', '80:30080/TCP', 'a=1,b=2'],
    ],
    [{ type: 'LoadBalancer' }, {}, ['LoadBalancer', '10.96.0.10', '<pending>', '80/TCP', '<none>']],
    [
      { type: 'LoadBalancer', externalIPs: ['192.0.2.9'] },
      { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }] } },
      ['LoadBalancer', '10.96.0.10', '192.0.2.1,lb.example.com,192.0.2.9', '80/TCP', '<none>'],
    ],
    [
      { type: 'ExternalName', externalName: 'db.example.com', ports: [] },
      {},
      ['ExternalName', '<none>', 'db.example.com', '<none>', '<none>'],
    ],
    [{ clusterIP: 'None' }, {}, ['ClusterIP', 'None', '<none>', '80/TCP', '<none>']],
  ])('of %j in %j', (spec, status, cells) => {
    const service = { ...stored(spec), status }
    const shown = (Service.columns ?? []).filter(({ name }) => !['Name', 'Age'].includes(name))
    expect(shown.map(({ cell }) => cell(service, 0))).toEqual(cells)
  })
})

test('warnings', () => {
  const service = stored({ clusterIP: 'None', loadBalancerIP: '192.0.2.1', trafficDistribution: 'PreferClose' })
  expect([...(Service.warnings?.(service) ?? [])]).toEqual([
    'spec.loadBalancerIP is ignored for headless services',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ])
})
