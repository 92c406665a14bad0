/** Of the mesh configuration: whom proxies ask about requests or tell of them. Others than these are kept and ignored. */
export interface ExtensionProvider {
  readonly name: string
  readonly envoyExtAuthzHttp?: HttpAuthorizer
  readonly envoyExtAuthzGrpc?: GrpcAuthorizer
  readonly envoyFileAccessLog?: FileAccessLog
  /** Tells spans in Zipkin's form. */
  readonly zipkin?: SpanReceiver
  /** Tells spans by OTLP. */
  readonly opentelemetry?: SpanReceiver
  readonly datadog?: SpanReceiver
  readonly skywalking?: SpanReceiver
}

/** A service that is told of spans. */
export interface SpanReceiver {
  readonly service?: string
  readonly port?: number
  /** Of paths in spans; absent: 256. */
  readonly maxTagLength?: number
}

export interface FileAccessLog {
  /** Absent: `/dev/stdout`. */
  readonly path?: string
  /** One of the two. */
  readonly logFormat?: { readonly text?: string; readonly labels?: LogLabels }
  readonly omitEmptyValues?: boolean
}

/** A format of JSON: of texts with commands, by name. */
export interface LogLabels {
  readonly [name: string]: string | number | boolean | null | LogLabels
}

interface ExternalAuthorizer {
  /** A host, or `namespace/host`. */
  readonly service?: string
  readonly port?: number
  readonly timeout?: string
  /** Whether requests pass while the service cannot be asked. */
  readonly failOpen?: boolean
  /** What is answered while it cannot be asked; absent: 403. */
  readonly statusOnError?: string
  /** Whether the route is looked for again with what the service has changed of the request. */
  readonly clearRouteCache?: boolean
  readonly includeRequestBodyInCheck?: {
    readonly maxRequestBytes?: number
    /** Whether the beginning of a longer body is enough. */
    readonly allowPartialMessage?: boolean
    /** Of gRPC: as bytes, not as text. */
    readonly packAsBytes?: boolean
  }
}

export type GrpcAuthorizer = ExternalAuthorizer

export interface HttpAuthorizer extends ExternalAuthorizer {
  readonly pathPrefix?: string
  readonly includeRequestHeadersInCheck?: readonly string[]
  /** The older name of the field above, which counts where that is absent. */
  readonly includeHeadersInCheck?: readonly string[]
  readonly includeAdditionalHeadersInCheck?: Readonly<Record<string, string>>
  readonly headersToUpstreamOnAllow?: readonly string[]
  readonly headersToDownstreamOnAllow?: readonly string[]
  readonly headersToDownstreamOnDeny?: readonly string[]
}
