import { LineCounter, parseDocument } from 'yaml'
import { MESH_CONFIG_SCHEMA } from '../../api/kinds/istio/validation/mesh-config-schema.ts'
import { validateMeshConfig } from '../../api/kinds/istio/validation/mesh-config.ts'
import { printErrors } from '../../api/kinds/istio/validation/problem.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { validateValue } from '../../api/schema/validation/validate-value.ts'
import { DEFAULT_MESH, type MeshConfig } from './mesh-config.ts'
import type { OutboundMode } from './types/sidecar.ts'

/** The text is no configuration of a mesh. */
export class MeshConfigError extends Error {}

const OUTBOUND_MODES: ReadonlySet<string> = new Set(['ALLOW_ANY', 'REGISTRY_ONLY', 'ALLOW_ANY_DYNAMIC_DNS'])

/**
 * What `mesh` of the ConfigMap `istio` says, laid over the defaults. Fields that the mesh does not know are passed over, as
 * istiod does. Facts: istio/api mesh/v1alpha1/config.proto. Throws a `MeshConfigError`.
 */
export function readMeshConfig(text: string): MeshConfig {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.1', lineCounter: lines })
  const [problem] = document.errors
  if (problem !== undefined) {
    throw new MeshConfigError(`line ${lines.linePos(problem.pos[0]).line}: ${problem.message.split('\n')[0]}`)
  }
  const written: unknown = document.toJS() ?? {}
  if (!isObject(written)) throw new MeshConfigError('it is no object')
  refuse(written)
  const { outboundTrafficPolicy, enableAutoMtls, enableTracing, defaultConfig } = written
  const mode = modeIn(outboundTrafficPolicy)
  const trusted = at(defaultConfig, 'gatewayTopology', 'numTrustedProxies')
  const sampling = at(defaultConfig, 'tracing', 'sampling')
  return {
    ...DEFAULT_MESH,
    ...pick(written, 'string', [
      'rootNamespace',
      'trustDomain',
      'connectTimeout',
      'h2UpgradePolicy',
      'accessLogFile',
      'accessLogFormat',
      'accessLogEncoding',
    ]),
    ...pick(written, 'string', ['ingressClass', 'ingressControllerMode', 'ingressSelector', 'ingressService']),
    ...pick(written, 'object', [
      'defaultHttpRetryPolicy',
      'localityLbSetting',
      'zoneAwareLbSetting',
      'defaultTrafficPolicy',
      'pathNormalization',
      'trustDomainAliases',
      'extensionProviders',
      'defaultProviders',
    ]),
    ...(mode !== undefined && { outboundMode: mode }),
    ...(typeof enableAutoMtls === 'boolean' && { enableAutoMtls }),
    ...(typeof enableTracing === 'boolean' && { enableTracing }),
    ...(typeof sampling === 'number' && { tracingSamplingPercent: sampling }),
    ...(typeof trusted === 'number' && { trustedProxies: trusted }),
  }
}

/** Shapes come first: rules speak of what is there. */
function refuse(written: JsonObject): void {
  const [cause] = validateValue(written, MESH_CONFIG_SCHEMA)
  if (cause !== undefined) throw new MeshConfigError(`${cause.field}: ${cause.message}`)
  const problem = printErrors(validateMeshConfig(written))
  if (problem !== undefined) throw new MeshConfigError(problem)
}

function modeIn(policy: unknown): OutboundMode | undefined {
  const mode = at(policy, 'mode')
  if (mode === undefined) return undefined
  if (typeof mode === 'string' && OUTBOUND_MODES.has(mode)) return mode as OutboundMode
  throw new MeshConfigError(
    `outboundTrafficPolicy.mode: ${JSON.stringify(mode)} is none of ${[...OUTBOUND_MODES].join(', ')}`,
  )
}

/** Fields of a type; another type is a mistake that must not pass for silence. */
function pick(written: JsonObject, type: 'object' | 'string', names: readonly string[]): JsonObject {
  const picked: Record<string, unknown> = {}
  for (const name of names) {
    const value = written[name]
    if (value === undefined || value === null) continue
    if (typeof value !== type) throw new MeshConfigError(`${name}: ${JSON.stringify(value)} is no ${type}`)
    picked[name] = value
  }
  return picked
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) found = isObject(found) ? found[name] : undefined
  return found
}
