import { grpcStatusIn } from './grpc.ts'
import type { OutboundState } from './outbound-state.ts'
import { addressText, provenPrincipal, serviceNamed } from './parties.ts'
import type { ExchangeRecord } from './records.ts'
import type { Ended } from './steps.ts'
import { principalOf } from '../registry/workload.ts'

/** What the caller's proxy tells of a request. */
export function outboundRecord(exchange: OutboundState, ended: Ended, now: number): ExchangeRecord {
  const { proxy, connection, request, cluster, host, isMutualTls, target } = exchange
  const isGateway = proxy.workload.type === 'gateway'
  return {
    kind: 'http',
    reporter: 'source',
    proxy: proxy.workload,
    source: isGateway ? proxy.workload : (connection.client ?? proxy.workload),
    destination: host?.workload,
    sourcePrincipal: isMutualTls ? principalOf(proxy.workload) : undefined,
    destinationPrincipal: provenPrincipal(host?.workload, isMutualTls),
    service: serviceNamed(cluster?.service),
    cluster: target?.cluster ?? '',
    routeName: exchange.route?.name ?? '',
    isMutualTls,
    downstreamAddress: addressText(connection.source),
    localAddress: addressText(connection.destination),
    upstreamAddress: host === undefined ? undefined : `${host.address}:${host.port}`,
    serverName: connection.sni,
    flags: exchange.flags,
    details: exchange.details,
    transportFailure: exchange.transportFailure,
    policy: exchange.policy,
    startMs: exchange.startMs,
    endMs: now,
    request,
    requestId: exchange.requestId,
    sentHeaders: exchange.sentHeaders,
    status: exchange.status,
    grpcStatus: exchange.isGrpc ? (grpcStatusIn(ended.trailers) ?? grpcStatusIn(exchange.responseHeaders)) : undefined,
    responseHeaders: exchange.responseHeaders,
    attempts: exchange.attempts,
    upstreamServiceMs: exchange.answeredMs === undefined ? undefined : exchange.answeredMs - exchange.startMs,
    ended,
  }
}
