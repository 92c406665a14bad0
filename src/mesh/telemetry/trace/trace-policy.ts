import type { MeshConfig } from '../../config/mesh-config.ts'
import type { ExtensionProvider, SpanReceiver } from '../../config/types/extension-provider.ts'
import type { CustomTag, TracingRule } from '../../config/types/telemetry.ts'
import { isFor } from '../metric-policy.ts'
import type { Side } from '../series.ts'
import type { CustomSpanTag, TracingPolicy } from './start-trace.ts'
import type { Propagation } from './trace-context.ts'

/** istio/istio pilot/pkg/features: PILOT_TRACE_SAMPLING. */
const SAMPLING_DEFAULT_PERCENT = 1
/** Envoy's `max_path_tag_length`. */
const PATH_LENGTH_MAX = 256

export interface TracedProxy {
  readonly mesh: MeshConfig
  readonly side: Side
  readonly isGateway: boolean
}

/**
 * What is said of traces for one side of a proxy; undefined where it takes no part in them. `rules` from the widest to the
 * narrowest: the last that says something decides. Rules: istio/istio pilot/pkg/model/telemetry.go `Tracing`,
 * pilot/pkg/networking/core/tracing.go.
 */
export function tracingPolicy(
  rules: readonly TracingRule[],
  { mesh, side, isGateway }: TracedProxy,
): TracingPolicy | undefined {
  const { defaultProviders } = mesh
  const isSaid = rules.length > 0 || (defaultProviders?.tracing?.length ?? 0) > 0
  if (!isSaid) return mesh.enableTracing === true ? plainPolicy(mesh) : undefined
  const own = rules.filter(({ match }) => isFor(match?.mode, side))
  const last = <Field extends keyof TracingRule>(field: Field) =>
    own.findLast((rule) => rule[field] !== undefined)?.[field]
  const named = own.findLast(({ providers = [] }) => providers.length > 0)?.providers?.[0]?.name
  const receiver = receiverOf(mesh, named ?? defaultProviders?.tracing?.[0])
  // With nobody to tell, a proxy does not even hand the context on as its own.
  if (receiver === undefined || last('disableSpanReporting') === true) return undefined
  const plain = plainPolicy(mesh)
  const { maxTagLength = plain.pathLengthMax } = receiver.is
  const customTags = Object.entries(last('customTags') ?? {})
  return {
    ...plain,
    samplingPercent: last('randomSamplingPercentage') ?? plain.samplingPercent,
    propagation: receiver.propagation,
    propagates: last('disableContextPropagation') !== true,
    usesRequestId: last('useRequestIdForTraceSampling') !== false,
    spawnsUpstream: isGateway || receiver.spawnsUpstream,
    tags: customTags.length === 0 ? plain.tags : customTags.flatMap(([name, tag]) => spanTag(name, tag)),
    istioTags: last('enableIstioTags') === false ? undefined : istioTags(mesh),
    pathLengthMax: maxTagLength === 0 ? plain.pathLengthMax : maxTagLength,
  }
}

/** As Istio's configuration of old has it: B3 to a Zipkin that it knows. */
function plainPolicy(mesh: MeshConfig): TracingPolicy {
  const { tracingSamplingPercent = SAMPLING_DEFAULT_PERCENT, tracingCustomTags = {}, tracingPathLengthMax } = mesh
  return {
    samplingPercent: tracingSamplingPercent,
    propagation: 'b3-multi',
    propagates: true,
    usesRequestId: true,
    spawnsUpstream: false,
    tags: Object.entries(tracingCustomTags).flatMap(([name, tag]) => spanTag(name, tag)),
    istioTags: mesh.tracingIstioTags === false ? undefined : istioTags(mesh),
    pathLengthMax: tracingPathLengthMax || PATH_LENGTH_MAX,
  }
}

function istioTags({ meshId = 'unknown' }: MeshConfig): TracingPolicy['istioTags'] {
  return { meshId }
}

interface Receiver {
  readonly is: SpanReceiver
  readonly propagation: Propagation
  readonly spawnsUpstream: boolean
}

/** Undefined where there is no such provider, or it is one of something else. */
function receiverOf({ extensionProviders = [] }: MeshConfig, name: string | undefined): Receiver | undefined {
  const provider = extensionProviders.find((candidate) => candidate.name === name)
  if (provider === undefined) return undefined
  const { zipkin, opentelemetry, datadog, skywalking }: ExtensionProvider = provider
  const is = zipkin ?? opentelemetry ?? datadog ?? skywalking
  if (is === undefined) return undefined
  return { is, propagation: zipkin === undefined ? 'w3c' : 'b3-multi', spawnsUpstream: skywalking !== undefined }
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
