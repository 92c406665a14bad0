import type { ApiObject } from '../../../api/object.ts'
import type { PolicyTarget } from './policy-target.ts'

/** telemetry.istio.io Telemetry: what proxies tell about requests. */
export interface Telemetry extends ApiObject {
  readonly spec?: TelemetrySpec
}

export interface TelemetrySpec extends PolicyTarget {
  readonly tracing?: readonly TracingRule[]
  readonly metrics?: readonly MetricsRule[]
  readonly accessLogging?: readonly AccessLoggingRule[]
}

export type WorkloadMode = 'CLIENT_AND_SERVER' | 'CLIENT' | 'SERVER'

export interface ProviderReference {
  readonly name: string
}

export interface MetricsRule {
  readonly providers?: readonly ProviderReference[]
  readonly overrides?: readonly MetricsOverride[]
}

export interface MetricsOverride {
  readonly match?: { readonly metric?: string; readonly customMetric?: string; readonly mode?: WorkloadMode }
  readonly disabled?: boolean
  readonly tagOverrides?: Readonly<Record<string, TagOverride>>
}

export interface TagOverride {
  readonly operation?: 'UPSERT' | 'REMOVE'
  /** A CEL expression. */
  readonly value?: string
}

export interface AccessLoggingRule {
  readonly match?: { readonly mode?: WorkloadMode }
  readonly providers?: readonly ProviderReference[]
  readonly disabled?: boolean
  /** A CEL expression: what it is true of is logged. */
  readonly filter?: { readonly expression?: string }
}

export interface TracingRule {
  readonly match?: { readonly mode?: WorkloadMode }
  readonly providers?: readonly ProviderReference[]
  readonly randomSamplingPercentage?: number
  readonly disableSpanReporting?: boolean
  readonly disableContextPropagation?: boolean
  readonly enableIstioTags?: boolean
  /** Absent: true. */
  readonly useRequestIdForTraceSampling?: boolean
  readonly customTags?: Readonly<Record<string, CustomTag>>
}

export interface CustomTag {
  readonly literal?: { readonly value?: string }
  readonly environment?: { readonly name?: string; readonly defaultValue?: string }
  readonly header?: { readonly name?: string; readonly defaultValue?: string }
}
