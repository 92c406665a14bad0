import { principalOf } from '../registry/workload.ts'
import type { HeaderList } from '../route/header-list.ts'
import { grpcStatusIn } from './grpc.ts'
import type { InboundPort } from './inbound-port.ts'
import type { HopCaller } from './outbound-state.ts'
import { serviceNamed } from './parties.ts'
import type { Ended, ExchangeRecord, IncomingRequest } from './steps.ts'

/** What is known of the called side's part in an exchange. */
export interface HopState {
  readonly port: InboundPort
  readonly isMutualTls: boolean
  readonly policy: string | undefined
  readonly details: string
  readonly flags: readonly string[]
  readonly status: number
  readonly answeredMs: number | undefined
  readonly responseHeaders: HeaderList
  readonly sentHeaders: HeaderList
  readonly transportFailure: string | undefined
  readonly startMs: number
  readonly attempts: number
}

/** What the proxy of the called workload tells of a request that a caller in the same process decided for it. */
export function inboundRecord(
  hop: HopState,
  exchange: HopCaller,
  { ended, now }: { readonly ended: Ended; readonly now: number },
): ExchangeRecord {
  const { port, isMutualTls } = hop
  const { workload: source } = exchange.proxy
  const { address } = port.host
  return {
    kind: 'http',
    reporter: 'destination',
    proxy: port.workload,
    source,
    destination: port.workload,
    sourcePrincipal: isMutualTls ? principalOf(source) : undefined,
    destinationPrincipal: isMutualTls ? principalOf(port.workload) : undefined,
    service: serviceNamed(exchange.cluster?.service ?? port.service),
    cluster: port.cluster,
    routeName: 'default',
    isMutualTls,
    downstreamAddress: `${source.addresses[0] ?? ''}:${exchange.connection.source.port}`,
    localAddress: `${exchange.host?.address ?? ''}:${port.port}`,
    upstreamAddress: hop.attempts === 0 ? undefined : `${address}:${port.host.port}`,
    serverName: isMutualTls ? exchange.cluster?.ways.of('mtls', 'http1').tls?.sni : undefined,
    flags: hop.flags,
    details: hop.details,
    transportFailure: hop.transportFailure,
    policy: hop.policy,
    startMs: hop.startMs,
    endMs: now,
    request: received(exchange),
    requestId: exchange.requestId,
    sentHeaders: hop.sentHeaders,
    status: hop.status,
    grpcStatus: exchange.isGrpc ? (grpcStatusIn(ended.trailers) ?? grpcStatusIn(hop.responseHeaders)) : undefined,
    responseHeaders: hop.responseHeaders,
    attempts: hop.attempts,
    upstreamServiceMs: hop.answeredMs === undefined ? undefined : hop.answeredMs - hop.startMs,
    ended,
  }
}

/** What comes in is what the caller's proxy sent; who asks for more than headers of traces does not tell the two apart. */
function received({ request, sentHeaders, proxy }: HopCaller): IncomingRequest {
  return proxy.mesh.tracing === undefined ? request : { ...request, headers: sentHeaders }
}
