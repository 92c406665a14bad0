import { LineCounter, parseDocument } from 'yaml'
import { MESH_CONFIG_SCHEMA } from '../../api/kinds/istio/validation/mesh-config-schema.ts'
import { validateMeshConfig } from '../../api/kinds/istio/validation/mesh-config.ts'
import { printErrors } from '../../api/kinds/istio/validation/problem.ts'
import { asRead } from '../../api/kinds/istio/validation/read-spec.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { validateValue } from '../../api/schema/validation/validate-value.ts'
import { DEFAULT_MESH, type MeshConfig } from './mesh-config.ts'
import { readTopology } from './types/gateway-topology.ts'

/** The text is no configuration of a mesh. */
export class MeshConfigError extends Error {}

/**
 * What `mesh` of the ConfigMap `istio` says, laid over the defaults. Fields that the mesh does not know are passed over, as
 * istiod does. Facts: istio/api mesh/v1alpha1/config.proto. Throws a `MeshConfigError`.
 */
export function readMeshConfig(text: string): MeshConfig {
  return judgeMeshConfig(text).mesh
}

/** The same, and what istiod would warn of. */
export function judgeMeshConfig(text: string): { readonly mesh: MeshConfig; readonly warnings: readonly string[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.1', lineCounter: lines })
  const [problem] = document.errors
  if (problem !== undefined) {
    throw new MeshConfigError(`line ${lines.linePos(problem.pos[0]).line}: ${problem.message.split('\n')[0]}`)
  }
  const written: unknown = asRead(document.toJS() ?? {})
  if (!isObject(written)) throw new MeshConfigError('it is no object')
  const warnings = accepted(written)
  const { outboundTrafficPolicy, pathNormalization, defaultConfig } = written
  const mesh = {
    ...DEFAULT_MESH,
    ...given({
      ...Object.fromEntries(FIELDS.map((field) => [field, written[field]])),
      outboundMode: at(outboundTrafficPolicy, 'mode'),
      pathNormalization: at(pathNormalization, 'normalization'),
      topology: at(defaultConfig, 'gatewayTopology') === undefined ? undefined : readTopology(defaultConfig),
      tracingSamplingPercent: at(defaultConfig, 'tracing', 'sampling'),
      tracingCustomTags: at(defaultConfig, 'tracing', 'customTags'),
      tracingIstioTags: at(defaultConfig, 'tracing', 'enableIstioTags'),
      tracingPathLengthMax: at(defaultConfig, 'tracing', 'maxPathTagLength'),
      meshId: at(defaultConfig, 'meshId'),
      proxyHeaders: at(defaultConfig, 'proxyHeaders'),
      proxyMetadata: at(defaultConfig, 'proxyMetadata'),
      proxyStatsMatcher: at(defaultConfig, 'proxyStatsMatcher'),
    }),
  }
  return { mesh, warnings }
}

/** Fields that mean the same in both. */
const FIELDS = [
  'rootNamespace',
  'trustDomain',
  'trustDomainAliases',
  'connectTimeout',
  'h2UpgradePolicy',
  'enableAutoMtls',
  'meshMTLS',
  'tlsDefaults',
  'ingressClass',
  'ingressControllerMode',
  'ingressSelector',
  'ingressService',
  'accessLogFile',
  'accessLogFormat',
  'accessLogEncoding',
  'disableEnvoyListenerLog',
  'enableTracing',
  'defaultHttpRetryPolicy',
  'defaultTrafficPolicy',
  'localityLbSetting',
  'zoneAwareLbSetting',
  'extensionProviders',
  'defaultProviders',
] as const satisfies readonly (keyof MeshConfig)[]

/** What there is to warn of. Shapes come first: rules speak of what is there. */
function accepted(written: JsonObject): readonly string[] {
  const [cause] = validateValue(written, MESH_CONFIG_SCHEMA)
  if (cause !== undefined) throw new MeshConfigError(`${cause.field}: ${cause.message}`)
  const problems = [...validateMeshConfig(written)]
  const refusal = printErrors(problems)
  if (refusal !== undefined) throw new MeshConfigError(refusal)
  return problems.map(({ text }) => text)
}

/** Without what was left out. The schema has vouched for the types. */
function given(fields: JsonObject): Partial<MeshConfig> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) found = isObject(found) ? found[name] : undefined
  return found
}
