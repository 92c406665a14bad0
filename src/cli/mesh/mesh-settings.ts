import type { ApiObject } from '../../api/object.ts'
import { UserError } from '../../base/user-error.ts'
import { type ControlPlaneFeatures, featuresIn, featuresOfPod } from '../../mesh/config/control-plane-features.ts'
import { DEFAULT_MESH, type MeshConfig } from '../../mesh/config/mesh-config.ts'
import { judgeMeshConfig, MeshConfigError, readMeshConfig } from '../../mesh/config/read-mesh-config.ts'
import type { Manifest } from '../up/manifests.ts'
import { titleOf } from './places.ts'

/** An IstioOperator, in what it says of istiod's environment. */
interface InstallingOperator extends ApiObject {
  readonly spec?: {
    readonly values?: { readonly pilot?: { readonly env?: Readonly<Record<string, unknown>> } }
    readonly components?: {
      readonly pilot?: {
        readonly k8s?: { readonly env?: readonly { readonly name: string; readonly value?: string }[] }
      }
    }
  }
}

/** What istiod would warn of in what says the settings, and where that is. */
export function settingsWarnings(manifests: readonly Manifest[]): readonly string[] {
  const source = sourceAmong(manifests.map(({ object }) => object))
  const manifest = manifests.find(({ object }) => object === source)
  if (source === undefined || manifest === undefined) return []
  const { warnings } = judgeMeshConfig(textOf(source))
  return warnings.map((text) => `${manifest.file}:${manifest.line}: ${titleOf(source)}: ${text}`)
}

/** What an IstioOperator, or else the ConfigMap `istio` of an installation, says for the whole mesh. */
export function meshSettings(objects: readonly ApiObject[]): MeshConfig {
  const source = sourceAmong(objects)
  try {
    return { ...readMeshConfig(source === undefined ? '' : textOf(source)), ...featuresAmong(objects) }
  } catch (error) {
    if (!(error instanceof MeshConfigError) || source === undefined) throw error
    throw new UserError('DABBA_MANIFEST', {
      message: `The mesh configuration in ${titleOf(source)} cannot be read: ${error.message}`,
      hint: 'Mend it, or leave it out: then Istio’s defaults hold',
      cause: error,
    })
  }
}

function sourceAmong(objects: readonly ApiObject[]): ApiObject | undefined {
  return objects.find(({ kind }) => kind === 'IstioOperator') ?? objects.find(isIstioConfigMap)
}

function isIstioConfigMap({ kind, metadata: { name, namespace } }: ApiObject): boolean {
  return kind === 'ConfigMap' && name === 'istio' && namespace === 'istio-system'
}

/** What istiod's environment says, or will say once an operator has installed it. */
function featuresAmong(objects: readonly ApiObject[]): ControlPlaneFeatures {
  const operator = objects.find(({ kind }) => kind === 'IstioOperator') as InstallingOperator | undefined
  const { components, values } = operator?.spec ?? {}
  const written = Object.entries(values?.pilot?.env ?? {}).map(([name, value]) => ({ name, value: String(value) }))
  const running = objects.flatMap((object) => featuresOfPod(object, DEFAULT_MESH) ?? [])
  return { ...featuresIn([...written, ...(components?.pilot?.k8s?.env ?? [])]), ...running[0] }
}

/** JSON is YAML. */
function textOf(source: ApiObject): string {
  const { data, spec } = source as {
    readonly data?: Readonly<Record<string, string>>
    readonly spec?: { readonly meshConfig?: unknown }
  }
  return data === undefined ? JSON.stringify(spec?.meshConfig ?? {}) : (data['mesh'] ?? '')
}
