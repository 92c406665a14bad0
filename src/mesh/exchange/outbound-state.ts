import type { UpstreamHost } from '../balance/upstream-host.ts'
import type { CompiledRoute, RouteTarget } from '../route/compiled-route.ts'
import type { HeaderList } from '../route/header-list.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import type { IncomingConnection, IncomingRequest } from './steps.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

/** Who calls another proxy of this process, in what that one asks of it. */
export interface HopCaller {
  readonly proxy: ExchangeProxy
  readonly connection: IncomingConnection
  readonly request: IncomingRequest
  readonly requestId: string
  readonly cluster: UpstreamCluster | undefined
  readonly host: UpstreamHost | undefined
  readonly sentHeaders: HeaderList
  readonly isGrpc: boolean
  /** Of how many checks, each for another, the call is a part; 0: of none. */
  readonly checksDeep: number
}

/** What is known of a request on its way out, for those who take part in it and tell of it. */
export interface OutboundState extends HopCaller {
  readonly startMs: number
  readonly route: CompiledRoute | undefined
  readonly target: RouteTarget | undefined
  readonly attempts: number
  /** Of the answer; 0: there was none. */
  readonly status: number
  readonly responseHeaders: HeaderList
  readonly answeredMs: number | undefined
  readonly details: string
  readonly policy: string | undefined
  readonly transportFailure: string | undefined
  readonly isMutualTls: boolean
  readonly flags: readonly string[]
}

/** `asking`: others have to agree first; `there`: the called side's proxy asks others, or lets its application rest. */
export type OutboundPhase =
  | 'new'
  | 'asking'
  | 'delayed'
  | 'pausing'
  | 'mirroring'
  | 'queued'
  | 'there'
  | 'attempting'
  | 'final'
  | 'ended'
