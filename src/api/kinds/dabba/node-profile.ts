import type { Node, Taint } from '../../types.generated.ts'

/**
 * A number of equal nodes, as a nodes file lists them:
 *
 *     - name: general
 *       count: 3
 *       instanceType: n2-standard-16
 *       capacity: { cpu: 16, memory: 64Gi }
 *       region: asia-south1
 *       zones: [asia-south1-a, asia-south1-b, asia-south1-c]
 *       pricePerHour: { amount: 68.40, currency: INR }
 *
 * gives general-1 in asia-south1-a, general-2 in asia-south1-b, general-3 in asia-south1-c.
 */
export interface NodeProfile {
  /** Prefix of the nodes' names. */
  readonly name: string
  readonly count: number
  /** By resource name; extended resources such as `nvidia.com/gpu` too. What is left out has the default's amount. */
  readonly capacity: Readonly<Record<string, string>>
  readonly region?: string
  /** Dealt round robin. */
  readonly zones: readonly string[]
  readonly instanceType?: string
  readonly architecture: 'amd64' | 'arm64'
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly pricePerHour?: Price
  /** Images that the nodes have before any pod asks for them. */
  readonly cachedImages: readonly string[]
}

export interface Price {
  readonly amount: number
  /** ISO 4217, such as INR. */
  readonly currency: string
}

/** Where a node says what it costs, as `68.4 INR`. */
export const PRICE_ANNOTATION = 'dabba.dev/price-per-hour'

export const DEFAULT_CAPACITY: Readonly<Record<string, string>> = {
  cpu: '16',
  memory: '64Gi',
  'ephemeral-storage': '200Gi',
  pods: '110',
}

/** What a cluster has when nobody says otherwise: nodes in three zones of one region. */
export function defaultNodeProfile(count: number): NodeProfile {
  return {
    name: 'node',
    count,
    capacity: DEFAULT_CAPACITY,
    region: 'local',
    zones: ['local-a', 'local-b', 'local-c'],
    instanceType: 'dabba.16-64',
    architecture: 'amd64',
    labels: {},
    taints: [],
    cachedImages: [],
  }
}

/** The nodes of all profiles, as they register: what the kubelet reports later (conditions, addresses) is not there yet. */
export function expandNodeProfiles(profiles: readonly NodeProfile[]): Node[] {
  return profiles.flatMap((profile) => Array.from({ length: profile.count }, (_, index) => nodeOf(profile, index)))
}

function nodeOf(profile: NodeProfile, index: number): Node {
  const { capacity, region, zones, instanceType, architecture, pricePerHour, taints, cachedImages } = profile
  const name = `${profile.name}-${index + 1}`
  const zone = zones[index % zones.length]
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(instanceType === undefined ? {} : { 'node.kubernetes.io/instance-type': instanceType }),
        ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
        ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
        ...profile.labels,
      },
      ...(pricePerHour === undefined
        ? {}
        : { annotations: { [PRICE_ANNOTATION]: `${pricePerHour.amount} ${pricePerHour.currency}` } }),
    },
    spec: {
      providerID: `dabba://${zone ?? 'local'}/${name}`,
      ...(taints.length === 0 ? {} : { taints }),
    },
    status: {
      capacity,
      allocatable: capacity,
      ...(cachedImages.length === 0 ? {} : { images: cachedImages.map((image) => ({ names: [image] })) }),
    },
  }
}
