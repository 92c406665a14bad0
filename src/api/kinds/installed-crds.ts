import type { CustomResourceDefinition } from '../types.generated.ts'
import { argoCrds } from './argo/crds.ts'
import { unpackCrds } from './crd-bundle.ts'
import { workloadModelCrd } from './dabba/workload-model-crd.ts'
import { istioCrds } from './istio/crds.ts'

/**
 * The definitions that every platform serves from its start: Istio, Argo Rollouts and dabba's own. Each call unpacks anew, so that
 * nothing is kept once they are stored.
 */
export function installedCrds(): readonly CustomResourceDefinition[] {
  return [...unpackCrds(istioCrds), ...unpackCrds(argoCrds), workloadModelCrd]
}
