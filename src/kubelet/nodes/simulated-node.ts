import type { Node } from '../../api/types.generated.ts'
import { RUNTIME_LABEL, SIMULATED } from './ours.ts'

export interface SimulatedNodeOptions {
  readonly name: string
  /** What of it differs from the usual 4 cores, 16Gi of memory and 110 pods. */
  readonly capacity?: Readonly<Record<string, string>>
  /** What pods may use of the capacity, where that is less. */
  readonly allocatable?: Readonly<Record<string, string>>
  readonly zone?: string
  readonly region?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly taints?: NonNullable<Node['spec']['taints']>
}

/** A Node as its kubelet would register it: to be created, and then run by `Kubelets`. */
export function simulatedNode(options: SimulatedNodeOptions): Node {
  const { name, capacity, allocatable, zone, region, labels, annotations, taints } = options
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
        ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
        [RUNTIME_LABEL]: SIMULATED,
        ...labels,
      },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: taints === undefined ? {} : { taints },
    status: {
      ...(capacity === undefined ? {} : { capacity }),
      ...(allocatable === undefined ? {} : { allocatable }),
    },
  }
}
