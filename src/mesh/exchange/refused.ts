import { BLACKHOLE } from '../proxy/cluster-name.ts'
import { principalOf, type Workload } from '../registry/workload.ts'
import { NO_HEADERS } from '../route/header-list.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { addressText, knownCaller } from './parties.ts'
import type { ConnectionRecord, ExchangeRecord, Parties } from './records.ts'
import type { IncomingConnection, IncomingRequest, RefusedRequest } from './steps.ts'

/** Bytes that a listener for HTTP cannot read as such. */
export const NO_HTTP: RefusedRequest = {
  status: 400,
  details: 'http1.codec_error',
  responseBytes: 'Bad Request'.length,
  tookMs: 0,
}

const UNREAD: IncomingRequest = {
  method: '',
  scheme: '',
  authority: '',
  target: '',
  headers: NO_HEADERS,
  version: 'HTTP/1.1',
}

/** Tells of a request that was refused: envoyproxy/envoy source/common/http/conn_manager_impl.cc `sendLocalReply`. */
export function tellRefusedRequest(
  proxy: ExchangeProxy,
  connection: IncomingConnection,
  { refused, now }: { readonly refused: RefusedRequest; readonly now: number },
): void {
  const { status, details, request = UNREAD, responseBytes, tookMs } = refused
  const { observer } = proxy.mesh
  if (observer === undefined) return
  const record: ExchangeRecord = {
    ...partiesOf(proxy, connection, now),
    kind: 'http',
    flags: details.startsWith('http1.') ? ['DPE'] : status === 0 ? ['DC'] : [],
    details,
    startMs: now - tookMs,
    request,
    requestId: '',
    sentHeaders: NO_HEADERS,
    status,
    grpcStatus: undefined,
    responseHeaders: NO_HEADERS,
    attempts: 0,
    upstreamServiceMs: undefined,
    ended: { how: status === 0 ? 'client-gone' : 'complete', requestBytes: 0, responseBytes },
  }
  // Before a request has headers, what counts is not there yet; an answer of the proxy's own brings it about.
  if (status === 0) observer.uncounted?.(record)
  else observer.exchange(record)
}

/** Tells of a connection that a listener had no filter chain for: it is logged, and counted nowhere. */
export function tellUnmatched(proxy: ExchangeProxy, connection: IncomingConnection, now: number): void {
  proxy.mesh.observer?.uncounted?.({
    ...connectionRecord(proxy, connection, now),
    flags: ['NR'],
    details: 'filter_chain_not_found',
  })
}

/** The same of plain bytes to a workload of this process that takes none, which are never sent. */
export function tellPlaintextRefused(
  { proxy, connection }: { readonly proxy: ExchangeProxy; readonly connection: IncomingConnection },
  at: { readonly workload: Workload; readonly address: string; readonly port: number },
  now: number,
): void {
  const { workload, mesh } = proxy
  const address = workload.addresses[0] ?? connection.source.address
  const refused: IncomingConnection = {
    direction: 'inbound',
    destination: { address: at.address, port: at.port },
    source: { address, port: connection.source.port },
    client: workload,
    tls: 'plaintext',
  }
  tellUnmatched(mesh.proxyOf(at.workload), refused, now)
}

/** Tells of a connection that leads nowhere, as of any other: its cluster has nobody. */
export function tellBlackHole(proxy: ExchangeProxy, connection: IncomingConnection, now: number): void {
  const { observer } = proxy.mesh
  const record = { ...connectionRecord(proxy, connection, now), cluster: BLACKHOLE, flags: ['UH'] }
  observer?.connectionOpened?.(record)
  observer?.connection(record)
}

function connectionRecord(proxy: ExchangeProxy, connection: IncomingConnection, now: number): ConnectionRecord {
  return { ...partiesOf(proxy, connection, now), kind: 'tcp', receivedBytes: 0, sentBytes: 0 }
}

function partiesOf({ workload, mesh }: ExchangeProxy, connection: IncomingConnection, now: number): Parties {
  const isInbound = connection.direction === 'inbound' && workload.type === 'sidecar'
  const isMutualTls = connection.tls === 'mtls'
  const { peerPrincipal, sni } = connection
  const caller = isInbound ? knownCaller(connection, mesh) : workload
  return {
    reporter: isInbound ? 'destination' : 'source',
    proxy: workload,
    source: caller,
    destination: isInbound ? workload : undefined,
    sourcePrincipal: isInbound && isMutualTls ? peerPrincipal : undefined,
    destinationPrincipal: isInbound && isMutualTls ? principalOf(workload) : undefined,
    service: undefined,
    cluster: '',
    routeName: '',
    isMutualTls: isInbound && isMutualTls,
    downstreamAddress: addressText(connection.source),
    localAddress: addressText(connection.destination),
    upstreamAddress: undefined,
    serverName: sni,
    flags: [],
    details: '',
    transportFailure: undefined,
    policy: undefined,
    startMs: now,
    endMs: now,
  }
}
