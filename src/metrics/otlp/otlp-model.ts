/**
 * Metrics as OpenTelemetry's exporters send them (open-telemetry/opentelemetry-proto: metrics/v1/metrics.proto), in the shape
 * of their JSON form. There, whole numbers of 64 bits are texts.
 */
export interface ExportRequest {
  readonly resourceMetrics?: readonly ResourceMetrics[]
}

export interface ResourceMetrics {
  readonly resource?: { readonly attributes?: readonly KeyValue[] }
  readonly scopeMetrics?: readonly ScopeMetrics[]
}

export interface ScopeMetrics {
  readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: readonly KeyValue[] }
  readonly schemaUrl?: string
  readonly metrics?: readonly OtlpMetric[]
}

export interface OtlpMetric {
  readonly name?: string
  readonly description?: string
  readonly unit?: string
  readonly gauge?: { readonly dataPoints?: readonly NumberPoint[] }
  readonly sum?: {
    readonly dataPoints?: readonly NumberPoint[]
    readonly aggregationTemporality?: number | string
    readonly isMonotonic?: boolean
  }
  readonly histogram?: {
    readonly dataPoints?: readonly HistogramPoint[]
    readonly aggregationTemporality?: number | string
  }
  readonly exponentialHistogram?: {
    readonly dataPoints?: readonly ExponentialPoint[]
    readonly aggregationTemporality?: number | string
  }
  readonly summary?: { readonly dataPoints?: readonly SummaryPoint[] }
}

export type Whole = number | string

interface Point {
  readonly attributes?: readonly KeyValue[]
  readonly startTimeUnixNano?: Whole
  readonly timeUnixNano?: Whole
  readonly flags?: number
}

interface CountedPoint extends Point {
  readonly count?: Whole
  readonly sum?: number
  readonly exemplars?: readonly OtlpExemplar[]
}

export interface NumberPoint extends Point {
  readonly asDouble?: number
  readonly asInt?: Whole
  readonly exemplars?: readonly OtlpExemplar[]
}

export interface HistogramPoint extends CountedPoint {
  readonly bucketCounts?: readonly Whole[]
  readonly explicitBounds?: readonly number[]
}

export interface ExponentialPoint extends CountedPoint {
  readonly scale?: number
  readonly zeroCount?: Whole
  readonly zeroThreshold?: number
  readonly positive?: ExponentialBuckets
  readonly negative?: ExponentialBuckets
}

export interface ExponentialBuckets {
  readonly offset?: number
  readonly bucketCounts?: readonly Whole[]
}

export interface SummaryPoint extends Point {
  readonly count?: Whole
  readonly sum?: number
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[]
}

export interface OtlpExemplar {
  readonly filteredAttributes?: readonly KeyValue[]
  readonly timeUnixNano?: Whole
  readonly asDouble?: number
  readonly asInt?: Whole
  readonly spanId?: string
  readonly traceId?: string
}

export interface KeyValue {
  readonly key?: string
  readonly value?: AnyValue
}

export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: Whole
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] }
  readonly bytesValue?: string
}
