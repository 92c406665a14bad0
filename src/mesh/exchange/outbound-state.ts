import type { UpstreamHost } from '../balance/upstream-host.ts'
import type { CompiledRoute, RouteTarget } from '../route/compiled-route.ts'
import type { HeaderList } from '../route/header-list.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import type { IncomingConnection, IncomingRequest } from './steps.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

/** What is known of a request on its way out, for those who take part in it and tell of it. */
export interface OutboundState {
  readonly proxy: ExchangeProxy
  readonly connection: IncomingConnection
  readonly request: IncomingRequest
  readonly requestId: string
  readonly startMs: number
  readonly route: CompiledRoute | undefined
  readonly target: RouteTarget | undefined
  readonly cluster: UpstreamCluster | undefined
  readonly host: UpstreamHost | undefined
  readonly attempts: number
  /** Of the answer; 0: there was none. */
  readonly status: number
  readonly sentHeaders: HeaderList
  readonly responseHeaders: HeaderList
  readonly answeredMs: number | undefined
  readonly details: string
  readonly policy: string | undefined
  readonly transportFailure: string | undefined
  readonly isMutualTls: boolean
  readonly isGrpc: boolean
  readonly flags: readonly string[]
}
