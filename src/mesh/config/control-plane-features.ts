import type { ApiObject } from '../../api/object.ts'
import { goBoolean } from './go-boolean.ts'
import type { MeshConfig } from './mesh-config.ts'

/** What istiod's environment decides for the mesh. Names and defaults: istio/istio pilot/pkg/features. */
export type ControlPlaneFeatures = Pick<MeshConfig, 'ipAutoallocate' | 'multipleExternalProviders'>

const VARIABLES: Readonly<Record<string, keyof ControlPlaneFeatures>> = {
  PILOT_ENABLE_IP_AUTOALLOCATE: 'ipAutoallocate',
  PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: 'multipleExternalProviders',
}

interface Variable {
  readonly name: string
  readonly value?: string
}

interface ControlPlanePod extends ApiObject {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly env?: readonly Variable[] }[] }
}

/** Without those that are not said, or in no words that istiod knows. */
export function featuresIn(environment: readonly Variable[]): ControlPlaneFeatures {
  const said = environment.flatMap(({ name, value }): [string, boolean][] => {
    const feature = VARIABLES[name]
    const isOn = goBoolean(value)
    return feature === undefined || isOn === undefined ? [] : [[feature, isOn]]
  })
  return Object.fromEntries(said)
}

/** Whether a controller gives ServiceEntries their addresses, in their status; else all of them together decide. */
export function givesAddresses({ ipAutoallocate = true }: Pick<MeshConfig, 'ipAutoallocate'>): boolean {
  return ipAutoallocate
}

/** Undefined: the pod is none of istiod's. */
export function featuresOfPod(
  pod: ApiObject,
  { rootNamespace }: Pick<MeshConfig, 'rootNamespace'>,
): ControlPlaneFeatures | undefined {
  const { labels, namespace } = pod.metadata
  if (pod.kind !== 'Pod' || namespace !== rootNamespace || labels?.['app'] !== 'istiod') return undefined
  const { containers = [] } = (pod as ControlPlanePod).spec ?? {}
  return featuresIn(containers.find(({ name }) => name === 'discovery')?.env ?? [])
}
