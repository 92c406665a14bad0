import { describe, expect, test } from 'vitest'
import { UserError } from '../../../base/user-error.ts'
import { DEFAULT_CAPACITY, defaultNodeProfile, expandNodeProfiles } from './node-profile.ts'
import { parseNodeProfiles } from './node-profile-file.ts'

const complete = `
# Two kinds of machines.
- name: general
  count: 4
  instanceType: n2-standard-16
  capacity: { cpu: 16, memory: 64Gi, pods: 250, nvidia.com/gpu: 2 }
  region: asia-south1
  zones: [asia-south1-a, asia-south1-b, asia-south1-c]
  labels:
    workload-type: financial
  pricePerHour: { amount: 68.40, currency: INR }
  cachedImages: ["registry.example.in/bazaar/cart:v1"]
- name: spot
  architecture: arm64
  taints:
  - { key: spot, value: "true", effect: NoSchedule }
`

function errorOf(text: string): string {
  try {
    parseNodeProfiles(text, 'nodes.yaml')
  } catch (error) {
    if (error instanceof UserError) return `${error.code} ${error.message}`
    throw error
  }
  return 'none'
}

describe('a nodes file', () => {
  test('becomes nodes', () => {
    const nodes = expandNodeProfiles(parseNodeProfiles(complete, 'nodes.yaml'))
    expect(nodes.map((node) => node.metadata.name)).toEqual([
      'general-1',
      'general-2',
      'general-3',
      'general-4',
      'spot-1',
    ])
    expect(nodes[3]).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: 'general-4',
        annotations: { 'dabba.dev/price-per-hour': '68.4 INR' },
        labels: {
          'beta.kubernetes.io/arch': 'amd64',
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': 'general-4',
          'kubernetes.io/os': 'linux',
          'node.kubernetes.io/instance-type': 'n2-standard-16',
          'topology.kubernetes.io/region': 'asia-south1',
          'topology.kubernetes.io/zone': 'asia-south1-a',
          'workload-type': 'financial',
        },
      },
      spec: { providerID: 'dabba://asia-south1-a/general-4' },
      status: {
        capacity: { ...DEFAULT_CAPACITY, pods: '250', 'nvidia.com/gpu': '2' },
        allocatable: { ...DEFAULT_CAPACITY, pods: '250', 'nvidia.com/gpu': '2' },
        images: [{ names: ['registry.example.in/bazaar/cart:v1'] }],
      },
    })
    expect(nodes[4]?.spec.taints).toEqual([{ key: 'spot', value: 'true', effect: 'NoSchedule' }])
    expect(nodes[4]?.metadata.labels?.['topology.kubernetes.io/zone']).toBeUndefined()
  })

  test('the default profile deals zones round robin', () => {
    const nodes = expandNodeProfiles([defaultNodeProfile(4)])
    const zones = nodes.map((node) => node.metadata.labels?.['topology.kubernetes.io/zone'])
    expect(zones).toEqual(['local-a', 'local-b', 'local-c', 'local-a'])
    expect(nodes[0]?.status?.allocatable).toEqual({
      cpu: '16',
      memory: '64Gi',
      'ephemeral-storage': '200Gi',
      pods: '110',
    })
  })
})

describe('what is wrong with a nodes file, and on which line', () => {
  test.each([
    ['', 'nodes.yaml:1: must be a list of node profiles'],
    ['name: general', 'nodes.yaml:1: must be a list of node profiles'],
    [
      '- name: general\n  count: [',
      'nodes.yaml:2: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['- general', 'nodes.yaml:1: [0]: must be a mapping with name, count, capacity, ... (and 1 more)'],
    ['- count: 3', 'nodes.yaml:1: [0].name: is missing'],
    ['- name: a\n- name: b\n  count: three', 'nodes.yaml:3: [1].count: must be a whole number, 0 or more'],
    ['- name: a\n- name: a', 'nodes.yaml:2: [1].name: "a" is the name of an earlier profile'],
    [
      '- name: a\n  count: 15000\n- name: b\n  count: 15000',
      'nodes.yaml:4: [1].count: makes more than 20000 nodes in all',
    ],
    [`- name: ${'a'.repeat(57)}`, 'nodes.yaml:1: [0].name: must have at most 56 characters'],
    [
      '- name: a\n  capacity:\n    cpu: 16\n    memory: much',
      'nodes.yaml:4: [0].capacity.memory: must be a quantity such as 16, 500m or 64Gi',
    ],
    ['- name: a\n  capacity: { cpu: -1 }', 'nodes.yaml:2: [0].capacity.cpu: must not be negative'],
    [
      '- name: a\n  capacity:\n    cpus: 1',
      'nodes.yaml:3: [0].capacity.cpus: is not a resource; known are cpu, memory, ephemeral-storage, pods, hugepages-SIZE and names with a domain such as nvidia.com/gpu',
    ],
    [
      '- name: a\n  zone: b',
      'nodes.yaml:2: [0].zone: is not a field; known are name, count, capacity, zones, architecture, labels, taints, cachedImages, region, instanceType, pricePerHour',
    ],
    ['- name: a\n  labels:\n    spot: true', 'nodes.yaml:3: [0].labels.spot: must be a string; quote it'],
    [
      '- name: a\n  labels:\n    kubernetes.io/hostname: b',
      'nodes.yaml:3: [0].labels.kubernetes.io/hostname: is set by the field name',
    ],
    [
      '- name: a\n  taints:\n  - key: spot\n    effect: Never',
      'nodes.yaml:4: [0].taints[0].effect: must be one of NoSchedule, PreferNoSchedule, NoExecute',
    ],
    ['- name: a\n  zones: b', 'nodes.yaml:2: [0].zones: must be a list'],
    ['- name: a\n  pricePerHour: 68', 'nodes.yaml:2: [0].pricePerHour: needs an amount: a number, 0 or more'],
    [
      '- name: a\n  pricePerHour: {amount: 1, currency: ₹}',
      'nodes.yaml:2: [0].pricePerHour: needs a currency: three capital letters such as INR',
    ],
    ['- name: a\n  architecture: x86', 'nodes.yaml:2: [0].architecture: must be one of amd64, arm64'],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toBe(`DABBA_NODE_PROFILE ${message}`)
  })

  test('an upstream rule speaks upstream words', () => {
    expect(errorOf('- name: A_b')).toContain('nodes.yaml:1: [0].name: a lowercase RFC 1123 label must consist of')
  })
})
