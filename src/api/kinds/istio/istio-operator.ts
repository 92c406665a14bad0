import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import type { JsonObject } from '../../patch/json-value.ts'

/**
 * What of Istio a cluster should have: `install.istio.io/v1alpha1`, in what its controller reads.
 * Facts: istio/istio operator/pkg/apis/types.go.
 */
export interface IstioOperator extends ApiObject {
  readonly spec?: IstioOperatorSpec
  readonly status?: IstioOperatorStatus
}

export interface IstioOperatorSpec {
  readonly profile?: string
  readonly hub?: string
  readonly tag?: string | number
  readonly namespace?: string
  readonly revision?: string
  readonly meshConfig?: JsonObject
  readonly components?: {
    readonly base?: Component
    readonly pilot?: Component
    readonly ingressGateways?: readonly GatewayComponent[]
    readonly egressGateways?: readonly GatewayComponent[]
  }
  /** Of the Helm charts. */
  readonly values?: JsonObject
  readonly unvalidatedValues?: JsonObject
}

export interface Component {
  readonly enabled?: boolean
  readonly namespace?: string
  readonly hub?: string
  readonly tag?: string | number
  readonly k8s?: KubernetesResources
}

export interface GatewayComponent extends Component {
  readonly name?: string
  readonly label?: Readonly<Record<string, string>>
}

/** Laid over the objects of a component by strategic merge, each field where it belongs. */
export interface KubernetesResources {
  readonly affinity?: JsonObject
  readonly env?: readonly JsonObject[]
  readonly hpaSpec?: JsonObject
  readonly imagePullPolicy?: string
  readonly nodeSelector?: JsonObject
  readonly podAnnotations?: JsonObject
  readonly podDisruptionBudget?: JsonObject
  readonly priorityClassName?: string
  readonly readinessProbe?: JsonObject
  readonly replicaCount?: number
  readonly resources?: JsonObject
  readonly securityContext?: JsonObject
  readonly service?: JsonObject
  readonly serviceAnnotations?: JsonObject
  readonly strategy?: JsonObject
  readonly tolerations?: readonly JsonObject[]
  readonly volumeMounts?: readonly JsonObject[]
  readonly volumes?: readonly JsonObject[]
  readonly overlays?: readonly Overlay[]
}

export interface Overlay {
  readonly kind?: string
  readonly name?: string
  readonly patches?: readonly { readonly path?: string; readonly value?: unknown }[]
}

export interface IstioOperatorStatus {
  readonly status?: OperatorState
  readonly message?: string
  readonly componentStatus?: Readonly<Record<string, { readonly status: OperatorState; readonly error?: string }>>
}

export type OperatorState = 'NONE' | 'RECONCILING' | 'HEALTHY' | 'ERROR'

/** For clients: the server's own comes with the definition. */
export const IstioOperator: Kind<IstioOperator> = {
  group: 'install.istio.io',
  version: 'v1alpha1',
  kind: 'IstioOperator',
  plural: 'istiooperators',
  singular: 'istiooperator',
  namespaced: true,
  custom: true,
  schema: () => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
}
