import type { ApiObject } from '../../../api/object.ts'

/** networking.istio.io VirtualService, in the fields that decide about traffic. */
export interface VirtualService extends ApiObject {
  readonly spec?: VirtualServiceSpec
}

export interface VirtualServiceSpec {
  readonly hosts?: readonly string[]
  readonly gateways?: readonly string[]
  readonly http?: readonly HttpRoute[]
  readonly tls?: readonly TlsRoute[]
  readonly tcp?: readonly TcpRoute[]
  readonly exportTo?: readonly string[]
}

export interface HttpRoute {
  readonly name?: string
  readonly match?: readonly HttpMatch[] | null
  readonly route?: readonly HttpRouteDestination[]
  readonly redirect?: HttpRedirect
  readonly directResponse?: DirectResponse
  readonly delegate?: Delegate
  readonly rewrite?: HttpRewrite
  /** A duration, as in `10s`. */
  readonly timeout?: string
  readonly retries?: HttpRetry
  readonly fault?: HttpFault
  readonly mirror?: Destination
  readonly mirrors?: readonly HttpMirror[]
  readonly mirrorPercentage?: Percent
  /** The older form, a whole number. */
  readonly mirrorPercent?: number
  readonly corsPolicy?: CorsPolicy
  readonly headers?: Headers
}

/** All fields that are given have to match. */
export interface HttpMatch {
  readonly name?: string
  readonly uri?: StringMatch
  readonly scheme?: StringMatch
  readonly method?: StringMatch
  readonly authority?: StringMatch
  readonly headers?: StringMatches
  readonly withoutHeaders?: StringMatches
  readonly queryParams?: StringMatches
  readonly port?: number
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly sourceNamespace?: string
  readonly gateways?: readonly string[]
  readonly ignoreUriCase?: boolean
  readonly statPrefix?: string
}

export type StringMatches = Readonly<Record<string, StringMatch>>

/** One of the three; none of them means that any value will do. */
export interface StringMatch {
  readonly exact?: string
  readonly prefix?: string
  readonly regex?: string
}

export interface HttpRouteDestination {
  readonly destination?: Destination
  readonly weight?: number
  readonly headers?: Headers
}

export interface Destination {
  readonly host: string
  readonly subset?: string
  readonly port?: { readonly number?: number }
}

export interface Delegate {
  readonly name?: string
  readonly namespace?: string
}

export interface HttpRedirect {
  readonly uri?: string
  readonly prefixRewrite?: string
  readonly authority?: string
  readonly port?: number
  readonly derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT'
  readonly scheme?: string
  readonly redirectCode?: number
}

export interface DirectResponse {
  readonly status: number
  readonly body?: { readonly string?: string; readonly bytes?: string }
}

export interface HttpRewrite {
  readonly uri?: string
  readonly authority?: string
  readonly uriRegexRewrite?: { readonly match?: string; readonly rewrite?: string }
}

export interface HttpRetry {
  readonly attempts?: number
  readonly perTryTimeout?: string
  readonly retryOn?: string
  readonly retryRemoteLocalities?: boolean
  readonly retryIgnorePreviousHosts?: boolean
  readonly backoff?: string
}

export interface HttpFault {
  readonly delay?: { readonly percentage?: Percent; readonly percent?: number; readonly fixedDelay?: string }
  readonly abort?: { readonly percentage?: Percent; readonly httpStatus?: number; readonly grpcStatus?: string }
}

export interface Percent {
  readonly value?: number
}

export interface HttpMirror {
  readonly destination?: Destination
  readonly percentage?: Percent
}

export interface CorsPolicy {
  readonly allowOrigin?: readonly string[]
  readonly allowOrigins?: readonly StringMatch[]
  readonly allowMethods?: readonly string[]
  readonly allowHeaders?: readonly string[]
  readonly exposeHeaders?: readonly string[]
  readonly maxAge?: string
  readonly allowCredentials?: boolean
  readonly unmatchedPreflights?: 'UNSPECIFIED' | 'FORWARD' | 'IGNORE'
}

export interface Headers {
  readonly request?: HeaderOperations
  readonly response?: HeaderOperations
}

export interface HeaderOperations {
  readonly set?: Readonly<Record<string, string>>
  readonly add?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

export interface TlsRoute {
  readonly match?: readonly TlsMatch[]
  readonly route?: readonly RouteDestination[]
}

export interface TlsMatch extends L4Match {
  readonly sniHosts?: readonly string[]
}

export interface TcpRoute {
  readonly match?: readonly L4Match[]
  readonly route?: readonly RouteDestination[]
}

export interface L4Match {
  readonly destinationSubnets?: readonly string[]
  readonly port?: number
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly sourceNamespace?: string
  readonly gateways?: readonly string[]
}

export interface RouteDestination {
  readonly destination?: Destination
  readonly weight?: number
}
