import type { ApiObject } from '../object.ts'
import type { Schema } from '../schema/schema.ts'
import { argoCrds } from './argo/crds.ts'
import { unpackCrds } from './crd-bundle.ts'
import { workloadModelCrd } from './dabba/workload-model-crd.ts'
import { istioCrds } from './istio/crds.ts'

/** What a platform installs at start, as far as this file needs to know its shape. */
export interface CustomResourceDefinition extends ApiObject {
  readonly spec: {
    readonly group: string
    readonly scope: 'Namespaced' | 'Cluster'
    readonly names: {
      readonly plural: string
      readonly singular?: string
      readonly kind: string
      readonly listKind?: string
      readonly shortNames?: readonly string[]
      readonly categories?: readonly string[]
    }
    readonly versions: readonly {
      readonly name: string
      readonly served: boolean
      readonly storage: boolean
      readonly schema?: { readonly openAPIV3Schema?: Schema }
      readonly subresources?: {
        readonly status?: object
        readonly scale?: {
          readonly specReplicasPath: string
          readonly statusReplicasPath: string
          readonly labelSelectorPath?: string
        }
      }
      readonly additionalPrinterColumns?: readonly {
        readonly name: string
        readonly type: string
        readonly jsonPath: string
        readonly format?: string
        readonly description?: string
        readonly priority?: number
      }[]
    }[]
    readonly conversion?: { readonly strategy: string }
  }
}

/**
 * The definitions that every platform serves from its start: Istio, Argo Rollouts and dabba's own. Each call unpacks anew, so that
 * nothing is kept once they are stored.
 */
export function installedCrds(): readonly CustomResourceDefinition[] {
  return [...unpackCrds(istioCrds), ...unpackCrds(argoCrds), workloadModelCrd]
}
