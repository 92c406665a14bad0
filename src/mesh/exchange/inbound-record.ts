import { principalOf } from '../registry/workload.ts'
import { type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { grpcStatusIn } from './grpc.ts'
import type { InboundPort } from './inbound-port.ts'
import type { HopCaller } from './outbound-state.ts'
import { serviceNamed } from './parties.ts'
import { relayedHeaders } from './relayed-headers.ts'
import type { ExchangeRecord } from './records.ts'
import type { Ended, IncomingRequest, OutgoingHead, UpstreamOptions } from './steps.ts'

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
  readonly serverName: string | undefined
  readonly isTerse: boolean
  readonly transportFailure: string | undefined
  readonly startMs: number
  readonly attempts: number
  /** What the caller's proxy has sent. */
  readonly received: OutgoingHead | undefined
  readonly protocol: UpstreamOptions['protocol']
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
    request: received(hop, exchange),
    requestId: exchange.requestId,
    sentHeaders: hop.sentHeaders,
    status: hop.status,
    grpcStatus: exchange.isGrpc ? (grpcStatusIn(ended.trailers) ?? grpcStatusIn(hop.responseHeaders)) : undefined,
    responseHeaders: sentBack(hop, exchange),
    attempts: hop.attempts,
    upstreamServiceMs: hop.answeredMs === undefined ? undefined : hop.answeredMs - hop.startMs,
    ended,
  }
}

/** The application's answer as the proxy before it passes it on; likewise only for who tells of it in that much detail. */
function sentBack(
  { responseHeaders, answeredMs, startMs, serverName, isTerse }: HopState,
  { proxy }: HopCaller,
): HeaderList {
  if (proxy.mesh.tracing === undefined || answeredMs === undefined) return responseHeaders
  const own = {
    serviceMs: isTerse ? undefined : answeredMs - startMs,
    serverName,
    added: NO_HEADERS,
    nowMs: answeredMs,
  }
  return relayedHeaders(responseHeaders, own)
}

/** What comes in is what the caller's proxy sent; who asks for no headers of traces does not tell the two apart. */
function received({ received: head, protocol }: HopState, { request, proxy }: HopCaller): IncomingRequest {
  if (proxy.mesh.tracing === undefined || head === undefined) return request
  const { method, scheme, authority, target, headers } = head
  return { method, scheme, authority, target, headers, version: protocol === 'http2' ? 'HTTP/2' : 'HTTP/1.1' }
}
