import type { MeshConfig } from '../../config/mesh-config.ts'
import type { ExtensionProvider } from '../../config/types/extension-provider.ts'
import type { CustomTag, TracingRule } from '../../config/types/telemetry.ts'
import { isFor } from '../metric-policy.ts'
import type { Side } from '../series.ts'
import type { CustomSpanTag, TracingPolicy } from './start-trace.ts'

/** istio/istio pilot/pkg/features: PILOT_TRACE_SAMPLING. */
const SAMPLING_DEFAULT_PERCENT = 1

/**
 * What is said of traces for one side of a proxy; undefined where it takes no part in them. `rules` from the widest to the
 * narrowest: the last that says something decides. Rules: istio/istio pilot/pkg/model/telemetry.go `Tracing`.
 */
export function tracingPolicy(
  rules: readonly TracingRule[],
  { mesh, side }: { readonly mesh: MeshConfig; readonly side: Side },
): TracingPolicy | undefined {
  const { defaultProviders, tracingSamplingPercent = SAMPLING_DEFAULT_PERCENT } = mesh
  const isSaid = rules.length > 0 || (defaultProviders?.tracing?.length ?? 0) > 0
  if (!isSaid) return mesh.enableTracing === true ? plainPolicy(tracingSamplingPercent) : undefined
  const own = rules.filter(({ match }) => isFor(match?.mode, side))
  const last = <Field extends keyof TracingRule>(field: Field) =>
    own.findLast((rule) => rule[field] !== undefined)?.[field]
  const named = own.findLast(({ providers = [] }) => providers.length > 0)?.providers?.[0]?.name
  const provider = providerOf(mesh, named ?? defaultProviders?.tracing?.[0])
  // With nobody to tell, a proxy does not even hand the context on as its own.
  if (provider === undefined || last('disableSpanReporting') === true) return undefined
  return {
    samplingPercent: last('randomSamplingPercentage') ?? tracingSamplingPercent,
    propagation: provider.zipkin === undefined ? 'w3c' : 'b3-multi',
    propagates: last('disableContextPropagation') !== true,
    tags: Object.entries(last('customTags') ?? {}).flatMap(([name, tag]) => spanTag(name, tag)),
    hasIstioTags: last('enableIstioTags') ?? true,
  }
}

/** As Istio's configuration of old has it: B3 to a Zipkin that it knows. */
function plainPolicy(samplingPercent: number): TracingPolicy {
  return {
    samplingPercent,
    propagation: 'b3-multi',
    propagates: true,
    tags: [],
    hasIstioTags: true,
  }
}

function providerOf({ extensionProviders = [] }: MeshConfig, name: string | undefined): ExtensionProvider | undefined {
  return extensionProviders.find((provider) => provider.name === name)
}

/** A proxy here has no environment of its own: the default stands. */
function spanTag(
  name: string,
  { literal, header, environment }: CustomTag,
): readonly (readonly [string, CustomSpanTag])[] {
  if (header !== undefined) {
    const { name: of = '', defaultValue } = header
    return [[name, { kind: 'header', header: of.toLowerCase(), otherwise: defaultValue }]]
  }
  const value = literal?.value ?? environment?.defaultValue
  return value === undefined ? [] : [[name, { kind: 'literal', value }]]
}
