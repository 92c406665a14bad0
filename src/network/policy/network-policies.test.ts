import { describe, expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import type { ApiObject } from '../../api/object.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { NetworkPolicySpec } from '../../api/types.generated.ts'
import { type Connection, NetworkPolicies } from './network-policies.ts'

/**
 * Three namespaces with three pods each, as upstream's own tests have them (kubernetes/kubernetes
 * test/e2e/network/netpol): `x/a` serves at 80 (`serve-80-tcp`) and 81, and so do all others.
 */
const NAMESPACES = ['x', 'y', 'z']
const PODS = ['a', 'b', 'c']
const NODE_IPS: Readonly<Record<string, string>> = { 'node-1': '172.18.0.2', 'node-2': '172.18.0.3' }

function ipOf(pod: string): string {
  const [namespace = '', name = ''] = pod.split('/')
  return `10.244.${NAMESPACES.indexOf(namespace)}.${PODS.indexOf(name) + 1}`
}

function podObject(namespace: string, name: string): ApiObject {
  const ports = [80, 81].flatMap((port) =>
    ['TCP', 'UDP'].map((protocol) => ({
      name: `serve-${port}-${protocol.toLowerCase()}`,
      containerPort: port,
      protocol,
    })),
  )
  const node = namespace === 'z' ? 'node-2' : 'node-1'
  const ip = ipOf(`${namespace}/${name}`)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { pod: name } },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'i', ports }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], hostIP: NODE_IPS[node] },
  } as ApiObject
}

interface Policy {
  /** `namespace/name` */
  readonly at: string
  readonly spec: NetworkPolicySpec
}

async function policiesOf(policies: readonly Policy[]): Promise<NetworkPolicies> {
  const cluster = await testCluster()
  for (const name of NAMESPACES) {
    await cluster.client.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { ns: name } },
    } as ApiObject)
    for (const pod of PODS) await cluster.store.create('/pods', podObject(name, pod) as never)
  }
  const hosted = podObject('x', 'host') as Pod
  const ip = '172.18.0.2'
  await cluster.store.create('/pods', {
    ...hosted,
    spec: { ...hosted.spec, hostNetwork: true },
    status: { ...hosted.status, podIP: ip, podIPs: [{ ip }] },
  } as never)
  const checked = new NetworkPolicies(cluster.informers)
  for (const { at, spec } of policies) {
    const [namespace = '', name = ''] = at.split('/')
    const metadata = { namespace, name }
    await cluster.client.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec,
    } as ApiObject)
  }
  await cluster.clock.advance(0)
  return checked
}

/** All pods that may reach `to` at a port. */
function reaching(
  policies: NetworkPolicies,
  to: string,
  port = 80,
  protocol: Connection['protocol'] = 'TCP',
): string[] {
  return NAMESPACES.flatMap((namespace) => PODS.map((pod) => `${namespace}/${pod}`)).filter(
    (from) => policies.denial({ from: ipOf(from), to: { ip: ipOf(to), port }, protocol }) === undefined,
  )
}

const ALL = NAMESPACES.flatMap((namespace) => PODS.map((pod) => `${namespace}/${pod}`))
const X = ['x/a', 'x/b', 'x/c']
const without = (...gone: string[]): string[] => ALL.filter((pod) => !gone.includes(pod))
const onlyA = { matchLabels: { pod: 'a' } }
const ns = (...names: string[]) => ({ matchExpressions: [{ key: 'ns', operator: 'In', values: names }] })

interface Case {
  readonly name: string
  readonly policies: readonly NetworkPolicySpec[]
  /** Who reaches `x/a` at port 80, and at 81. */
  readonly at80: readonly string[]
  readonly at81?: readonly string[]
}

/** A pod always reaches itself: `x/a` is in every list. */
const INGRESS: readonly Case[] = [
  { name: 'no policy allows all', policies: [], at80: ALL },
  { name: 'default deny ingress', policies: [{ podSelector: {}, ingress: [] }], at80: ['x/a'] },
  { name: 'default deny all', policies: [{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }], at80: ['x/a'] },
  { name: 'a policy on other pods', policies: [{ podSelector: { matchLabels: { pod: 'b' } } }], at80: ALL },
  { name: 'an empty rule allows all', policies: [{ podSelector: {}, ingress: [{}] }], at80: ALL },
  { name: 'an empty list of peers allows all', policies: [{ podSelector: {}, ingress: [{ from: [] }] }], at80: ALL },
  {
    name: 'pods of its own namespace by label',
    policies: [{ podSelector: onlyA, ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] }],
    at80: ['x/a', 'x/b'],
  },
  {
    name: 'all pods of its own namespace',
    policies: [{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }],
    at80: X,
  },
  {
    name: 'pods of other namespaces by their labels',
    policies: [{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: ns('y', 'z') }] }] }],
    at80: ['x/a', 'y/a', 'y/b', 'y/c', 'z/a', 'z/b', 'z/c'],
  },
  {
    name: 'expressions on namespaces',
    policies: [
      {
        podSelector: {},
        ingress: [
          { from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] } }] },
        ],
      },
    ],
    at80: ['x/a', 'y/a', 'y/b', 'y/c', 'z/a', 'z/b', 'z/c'],
  },
  {
    name: 'an empty namespaceSelector is every namespace',
    policies: [{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }],
    at80: ALL,
  },
  {
    name: 'the label that every namespace has by itself',
    policies: [
      {
        podSelector: {},
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } }] }],
      },
    ],
    at80: ['x/a', 'y/a', 'y/b', 'y/c'],
  },
  {
    name: 'one peer with both selectors: both must hold',
    policies: [
      {
        podSelector: onlyA,
        ingress: [{ from: [{ namespaceSelector: ns('y'), podSelector: { matchLabels: { pod: 'b' } } }] }],
      },
    ],
    at80: ['x/a', 'y/b'],
  },
  {
    name: 'two peers with one selector each: either is enough',
    policies: [
      {
        podSelector: onlyA,
        ingress: [{ from: [{ namespaceSelector: ns('y') }, { podSelector: { matchLabels: { pod: 'b' } } }] }],
      },
    ],
    at80: ['x/a', 'x/b', 'y/a', 'y/b', 'y/c'],
  },
  {
    name: 'a port',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 81 }] }] }],
    at80: ['x/a'],
    at81: ALL,
  },
  {
    name: 'a named port',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 'serve-81-tcp' }] }] }],
    at80: ['x/a'],
    at81: ALL,
  },
  {
    name: 'a named port of another protocol',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 'serve-81-udp', protocol: 'UDP' }] }] }],
    at80: ['x/a'],
    at81: ['x/a'],
  },
  {
    name: 'a name that no container has',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] }],
    at80: ['x/a'],
  },
  {
    name: 'a range of ports',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 81, endPort: 90 }] }] }],
    at80: ['x/a'],
    at81: ALL,
  },
  {
    name: 'a range that ends where it begins',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 80, endPort: 80 }] }] }],
    at80: ALL,
    at81: ['x/a'],
  },
  {
    name: 'a protocol without a port',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ protocol: 'TCP' }] }] }],
    at80: ALL,
  },
  {
    name: 'another protocol alone',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ protocol: 'UDP' }] }] }],
    at80: ['x/a'],
  },
  {
    name: 'peers and ports must both hold within a rule',
    policies: [{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: ns('y') }], ports: [{ port: 81 }] }] }],
    at80: ['x/a'],
    at81: ['x/a', 'y/a', 'y/b', 'y/c'],
  },
  {
    name: 'rules add up',
    policies: [
      {
        podSelector: {},
        ingress: [
          { from: [{ namespaceSelector: ns('y') }], ports: [{ port: 80 }] },
          { from: [{ namespaceSelector: ns('z') }] },
        ],
      },
    ],
    at80: ['x/a', 'y/a', 'y/b', 'y/c', 'z/a', 'z/b', 'z/c'],
    at81: ['x/a', 'z/a', 'z/b', 'z/c'],
  },
  {
    name: 'policies add up',
    policies: [
      { podSelector: {}, ingress: [] },
      { podSelector: onlyA, ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] },
      { podSelector: onlyA, ingress: [{ from: [{ namespaceSelector: ns('z') }], ports: [{ port: 81 }] }] },
    ],
    at80: ['x/a', 'x/b'],
    at81: ['x/a', 'x/b', 'z/a', 'z/b', 'z/c'],
  },
  {
    name: 'allow-all beside deny-all',
    policies: [
      { podSelector: {}, ingress: [] },
      { podSelector: {}, ingress: [{}] },
    ],
    at80: ALL,
  },
  {
    name: 'a block of addresses',
    policies: [{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.244.1.0/24' } }] }] }],
    at80: ['x/a', 'y/a', 'y/b', 'y/c'],
  },
  {
    name: 'a block with a hole',
    policies: [
      {
        podSelector: {},
        ingress: [{ from: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.1.2/32', '10.244.2.0/24'] } }] }],
      },
    ],
    at80: ['x/a', 'x/b', 'x/c', 'y/a', 'y/c'],
  },
  {
    name: 'a hole that another policy fills',
    policies: [
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.244.1.0/24', except: ['10.244.1.2/32'] } }] }] },
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.244.1.2/32' } }] }] },
    ],
    at80: ['x/a', 'y/a', 'y/b', 'y/c'],
  },
  {
    name: 'egress alone says nothing of ingress',
    policies: [{ podSelector: onlyA, policyTypes: ['Egress'], egress: [] }],
    at80: ALL,
  },
  {
    name: 'policyTypes without Egress leave the rules for it aside',
    policies: [{ podSelector: {}, policyTypes: ['Ingress'], ingress: [{}], egress: [{ ports: [{ port: 9 }] }] }],
    at80: ALL,
  },
  {
    name: 'rules for egress without policyTypes deny ingress too',
    policies: [{ podSelector: onlyA, egress: [{}] }],
    at80: ['x/a'],
  },
]

test.each(INGRESS)('ingress to x/a: $name', async ({ policies, at80, at81 }) => {
  const checked = await policiesOf(policies.map((spec, index) => ({ at: `x/p${index}`, spec })))
  expect(reaching(checked, 'x/a')).toEqual(at80)
  if (at81 !== undefined) expect(reaching(checked, 'x/a', 81)).toEqual(at81)
})

/** Whom `x/a` reaches at port 80, by policies in its namespace. */
const EGRESS: readonly { name: string; policies: readonly NetworkPolicySpec[]; reached: readonly string[] }[] = [
  { name: 'default deny egress', policies: [{ podSelector: {}, policyTypes: ['Egress'] }], reached: ['x/a'] },
  { name: 'allow all', policies: [{ podSelector: {}, policyTypes: ['Egress'], egress: [{}] }], reached: ALL },
  {
    name: 'to pods of a namespace',
    policies: [
      {
        podSelector: onlyA,
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: ns('y'), podSelector: onlyA }] }],
      },
    ],
    reached: ['x/a', 'y/a'],
  },
  {
    name: 'to a named port, by the names of the pod there',
    policies: [{ podSelector: onlyA, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'serve-80-tcp' }] }] }],
    reached: ALL,
  },
  {
    name: 'to another port',
    policies: [{ podSelector: onlyA, policyTypes: ['Egress'], egress: [{ ports: [{ port: 81 }] }] }],
    reached: ['x/a'],
  },
  {
    name: 'to a block with a hole',
    policies: [
      {
        podSelector: onlyA,
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.2.0/24'] } }] }],
      },
    ],
    reached: without('z/a', 'z/b', 'z/c'),
  },
  {
    name: 'ingress alone says nothing of egress',
    policies: [{ podSelector: onlyA, ingress: [] }],
    reached: ALL,
  },
]

test.each(EGRESS)('egress from x/a: $name', async ({ policies, reached }) => {
  const checked = await policiesOf(policies.map((spec, index) => ({ at: `x/p${index}`, spec })))
  const found = ALL.filter((to) => checked.denial({ from: ipOf('x/a'), to: { ip: ipOf(to), port: 80 } }) === undefined)
  expect(found).toEqual(reached)
})

test('a connection needs the one side and the other', async () => {
  const checked = await policiesOf([
    {
      at: 'x/out',
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: ns('y') }] }] },
    },
    { at: 'y/in', spec: { podSelector: onlyA, ingress: [{ from: [{ namespaceSelector: ns('z') }] }] } },
  ])
  const denial = (from: string, to: string) => checked.denial({ from: ipOf(from), to: { ip: ipOf(to), port: 80 } })
  expect(denial('x/a', 'y/b')).toBeUndefined()
  expect(denial('x/a', 'y/a')).toEqual({ direction: 'ingress', policies: ['y/in'] })
  expect(denial('x/a', 'z/a')).toEqual({ direction: 'egress', policies: ['x/out'] })
  expect(denial('z/a', 'y/a')).toBeUndefined()
})

describe('what is always let through', () => {
  const closed: Policy = { at: 'x/deny', spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } }
  const to = { ip: ipOf('x/a'), port: 80 }

  test('the kubelet and the API server', async () => {
    expect((await policiesOf([closed])).denial({ from: undefined, to })).toBeUndefined()
  })

  test("the pod's own node, and no other", async () => {
    const checked = await policiesOf([closed])
    expect(checked.denial({ from: '172.18.0.2', to })).toBeUndefined()
    expect(checked.denial({ from: '172.18.0.3', to })).toMatchObject({ direction: 'ingress' })
  })

  test('what goes to or comes from a pod on the network of its node, as far as it goes', async () => {
    const checked = await policiesOf([closed])
    expect(checked.denial({ from: ipOf('y/a'), to: { ip: '172.18.0.2', port: 80 } })).toBeUndefined()
    expect(checked.denial({ from: '172.18.0.2', to: { ip: ipOf('y/a'), port: 80 } })).toBeUndefined()
  })
})

test('an address outside, and a name that only others know, are reached by blocks', async () => {
  const egress = (cidr: string): NetworkPolicySpec => ({
    podSelector: onlyA,
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr } }] }],
  })
  const narrow = await policiesOf([{ at: 'x/p', spec: egress('203.0.113.0/24') }])
  const from = ipOf('x/a')
  expect(narrow.denial({ from, to: { ip: '203.0.113.7', port: 443 } })).toBeUndefined()
  expect(narrow.denial({ from, to: { ip: '198.51.100.7', port: 443 } })).toBeDefined()
  expect(narrow.denial({ from, to: { ip: undefined, port: 443 } })).toBeDefined()
  const wide = await policiesOf([{ at: 'x/p', spec: egress('0.0.0.0/0') }])
  expect(wide.denial({ from, to: { ip: undefined, port: 443 } })).toBeUndefined()
})

test('policies, labels of pods and labels of namespaces count from the moment of their change', async () => {
  const cluster = await testCluster()
  for (const name of ['x', 'y']) {
    await cluster.client.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { ns: name } },
    } as ApiObject)
  }
  const [called, caller] = [podObject('x', 'a'), podObject('y', 'b')]
  await cluster.store.create('/pods', called as never)
  await cluster.store.create('/pods', caller as never)
  const checked = new NetworkPolicies(cluster.informers)
  const isDenied = (): boolean => checked.denial({ from: ipOf('y/b'), to: { ip: ipOf('x/a'), port: 80 } }) !== undefined
  await cluster.clock.advance(0)
  expect(isDenied()).toBe(false)
  const from = [{ namespaceSelector: { matchLabels: { team: 'shop' } }, podSelector: { matchLabels: { may: 'call' } } }]
  await cluster.client.create({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'x', name: 'p' },
    spec: { podSelector: {}, ingress: [{ from }] },
  } as ApiObject)
  expect(isDenied()).toBe(true)
  await cluster.client.mergePatch(Namespace, { name: 'y' }, { metadata: { labels: { team: 'shop' } } })
  expect(isDenied()).toBe(true)
  const stored = cluster.store.get('/pods', { namespace: 'y', name: 'b' }) as Pod
  const metadata = { ...stored.metadata, labels: { may: 'call' } }
  await cluster.store.update('/pods', { ...stored, metadata } as never)
  expect(isDenied()).toBe(false)
})
