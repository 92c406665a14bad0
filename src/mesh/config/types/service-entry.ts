import type { ApiObject } from '../../../api/object.ts'

/** networking.istio.io ServiceEntry. */
export interface ServiceEntry extends ApiObject {
  readonly spec?: ServiceEntrySpec
  /** Addresses that were given to hosts that had none. */
  readonly status?: { readonly addresses?: readonly GivenAddress[] }
}

export interface GivenAddress {
  readonly value?: string
  readonly host?: string
}

export interface ServiceEntrySpec {
  readonly hosts?: readonly string[]
  readonly addresses?: readonly string[]
  readonly ports?: readonly ServiceEntryPort[]
  readonly location?: 'MESH_EXTERNAL' | 'MESH_INTERNAL'
  readonly resolution?: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS'
  readonly endpoints?: readonly WorkloadEntrySpec[]
  readonly exportTo?: readonly string[]
  /** Workloads of the own namespace, in place of endpoints. */
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> }
  readonly subjectAltNames?: readonly string[]
}

export interface ServiceEntryPort {
  readonly number: number
  readonly name?: string
  readonly protocol?: string
  readonly targetPort?: number
}

/** An endpoint, in a ServiceEntry or as a WorkloadEntry of its own. */
export interface WorkloadEntrySpec {
  readonly address?: string
  readonly ports?: Readonly<Record<string, number>>
  readonly labels?: Readonly<Record<string, string>>
  readonly locality?: string
  readonly weight?: number
  readonly serviceAccount?: string
  readonly network?: string
}

/** networking.istio.io WorkloadEntry: a machine outside of Kubernetes. */
export interface WorkloadEntry extends ApiObject {
  readonly spec?: WorkloadEntrySpec
}
