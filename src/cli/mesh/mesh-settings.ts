import type { ApiObject } from '../../api/object.ts'
import { UserError } from '../../base/user-error.ts'
import type { MeshConfig } from '../../mesh/config/mesh-config.ts'
import { MeshConfigError, readMeshConfig } from '../../mesh/config/read-mesh-config.ts'
import { titleOf } from './places.ts'

/** What an IstioOperator, or else the ConfigMap `istio` of an installation, says for the whole mesh. */
export function meshSettings(objects: readonly ApiObject[]): MeshConfig {
  const source = objects.find(({ kind }) => kind === 'IstioOperator') ?? objects.find(isIstioConfigMap)
  if (source === undefined) return readMeshConfig('')
  try {
    return readMeshConfig(textOf(source))
  } catch (error) {
    if (!(error instanceof MeshConfigError)) throw error
    throw new UserError('DABBA_MANIFEST', {
      message: `The mesh configuration in ${titleOf(source)} cannot be read: ${error.message}`,
      hint: 'Mend it, or leave it out: then Istio’s defaults hold',
      cause: error,
    })
  }
}

function isIstioConfigMap({ kind, metadata: { name, namespace } }: ApiObject): boolean {
  return kind === 'ConfigMap' && name === 'istio' && namespace === 'istio-system'
}

/** JSON is YAML. */
function textOf(source: ApiObject): string {
  const { data, spec } = source as {
    readonly data?: Readonly<Record<string, string>>
    readonly spec?: { readonly meshConfig?: unknown }
  }
  return data === undefined ? JSON.stringify(spec?.meshConfig ?? {}) : (data['mesh'] ?? '')
}
