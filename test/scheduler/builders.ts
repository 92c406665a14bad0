import type { Node, NodeSpec, Pod, PodSpec } from '../../src/api/types.generated.ts'

export interface NodeOptions {
  readonly labels?: Readonly<Record<string, string>>
  readonly allocatable?: Readonly<Record<string, string>>
  readonly spec?: NodeSpec
  readonly images?: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[]
}

/** A node of four cores, 8Gi and room for 110 pods, unless told otherwise. */
export function nodeOf(name: string, { labels, allocatable, spec = {}, images = [] }: NodeOptions = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable }, images },
  }
}

export interface PodOptions {
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Requests of its one container. */
  readonly requests?: Readonly<Record<string, string>>
  readonly spec?: Partial<PodSpec>
  readonly metadata?: Partial<Pod['metadata']>
  readonly status?: Pod['status']
}

let uids = 0

/** A pod of one container that asks for nothing, unless told otherwise. */
export function podOf(name: string, options: PodOptions = {}): Pod {
  const { namespace = 'default', labels, requests, spec, metadata, status } = options
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}-${uids++}`,
      ...(labels === undefined ? {} : { labels }),
      ...metadata,
    },
    spec: {
      containers: [{ name: 'app', image: 'app', ...(requests === undefined ? {} : { resources: { requests } }) }],
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  }
}
