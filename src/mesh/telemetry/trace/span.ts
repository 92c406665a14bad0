import { OPERATION_HEADER } from '../../exchange/route-operation.ts'
import type { ExchangeRecord } from '../../exchange/records.ts'
import { headerValue } from '../../route/header-list.ts'
import { flagsText, isGrpcRequest } from '../labels.ts'
import type { CustomSpanTag, TracingPolicy } from './start-trace.ts'
import { callerSpanId, contextsOf } from './trace-context.ts'

/** What one proxy did for one request, as part of a trace. */
export interface MeshSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: 'client' | 'server'
  /** As in `cart.shop.svc.cluster.local:80/*`. */
  readonly name: string
  /** As in `web.shop`. */
  readonly service: string
  readonly startMs: number
  readonly durationMs: number
  readonly isError: boolean
  readonly tags: Readonly<Record<string, string>>
}

/** Where spans go: the store of traces of this process, or a collector elsewhere. */
export interface SpanSink {
  span(span: MeshSpan): void
}

/**
 * None where the request is not sampled; two of a proxy that ends one call and makes another, the one it answered first.
 * Tags as Envoy sets them: source/common/tracing/http_tracer_impl.cc.
 */
export function spansOf(record: ExchangeRecord, policy: TracingPolicy): readonly MeshSpan[] {
  const sent = [...contextsOf(record.sentHeaders).values()][0]
  if (sent === undefined || sent.isSampled !== true) return []
  const { traceId } = sent
  const parent = [...contextsOf(record.request.headers).values()][0]
  const spawns = policy.spawnsUpstream && record.reporter === 'source'
  const spanId = spawns ? callerSpanId(sent.spanId) : sent.spanId
  const span: MeshSpan = {
    ...shared(record, traceId),
    spanId,
    ...(parent?.traceId === traceId && { parentSpanId: parent.spanId }),
    kind: spawns || record.reporter === 'destination' ? 'server' : 'client',
    name: operationOf(record),
    tags: { ...httpTags(record, policy), ...istioTags(record, policy), ...customTags(record, policy) },
  }
  return spawns && record.attempts > 0 ? [span, upstreamSpan(record, span, sent.spanId)] : [span]
}

/** What a proxy asked of its upstream: one, of the attempt that was answered. */
function upstreamSpan(record: ExchangeRecord, caller: MeshSpan, spanId: string): MeshSpan {
  const { cluster, status, flags, request, upstreamAddress } = record
  return {
    ...shared(record, caller.traceId),
    spanId,
    parentSpanId: caller.spanId,
    kind: 'client',
    name: `router ${cluster} egress`,
    tags: {
      component: 'proxy',
      'http.protocol': request.version,
      'http.status_code': String(status),
      upstream_cluster: cluster,
      'upstream_cluster.name': cluster,
      response_flags: flagsText(flags),
      ...(upstreamAddress !== undefined && { upstream_address: upstreamAddress, 'peer.address': upstreamAddress }),
    },
  }
}

function shared(
  { proxy, startMs, endMs, status, grpcStatus }: ExchangeRecord,
  traceId: string,
): Pick<MeshSpan, 'traceId' | 'service' | 'startMs' | 'durationMs' | 'isError'> {
  return {
    traceId,
    service: proxy === undefined ? 'unknown' : `${proxy.canonicalName}.${proxy.namespace}`,
    startMs,
    durationMs: endMs - startMs,
    isError: status === 0 || status >= 500 || (grpcStatus !== undefined && isServerFault(grpcStatus)),
  }
}

/** What comes in is called as its caller says. What found no route is called by its host, as Zipkin's spans are. */
function operationOf({ reporter, service, cluster, request, localAddress, sentHeaders }: ExchangeRecord): string {
  if (reporter === 'source') return headerValue(sentHeaders, OPERATION_HEADER) ?? request.authority
  const said = headerValue(request.headers, OPERATION_HEADER)
  const port = cluster.split('|')[1] || /:(\d+)$/.exec(localAddress)?.[1] || '80'
  return said || `${service?.host ?? request.authority}:${port}/*`
}

function httpTags(record: ExchangeRecord, { pathLengthMax }: TracingPolicy): Readonly<Record<string, string>> {
  const { request, requestId, status, grpcStatus, flags, cluster, ended, downstreamAddress, upstreamAddress } = record
  return {
    component: 'proxy',
    'guid:x-request-id': requestId,
    'http.url': `${request.scheme}://${request.authority}${request.target.slice(0, pathLengthMax)}`,
    'http.method': request.method,
    'http.protocol': request.version,
    'http.status_code': String(status),
    user_agent: headerValue(request.headers, 'user-agent') ?? '-',
    downstream_cluster: '-',
    upstream_cluster: cluster,
    'upstream_cluster.name': cluster,
    request_size: String(ended.requestBytes),
    response_size: String(ended.responseBytes),
    response_flags: flagsText(flags),
    'peer.address': downstreamAddress.replace(/:\d+$/, ''),
    ...(upstreamAddress !== undefined && { upstream_address: upstreamAddress }),
    ...(isGrpcRequest(record) && grpcStatus !== undefined && { 'grpc.status_code': String(grpcStatus) }),
  }
}

function istioTags(
  { proxy }: ExchangeRecord,
  { istioTags: wanted }: TracingPolicy,
): Readonly<Record<string, string>> | undefined {
  if (proxy === undefined || wanted === undefined) return undefined
  return {
    'istio.canonical_service': proxy.canonicalName,
    'istio.canonical_revision': proxy.canonicalRevision,
    'istio.mesh_id': wanted.meshId,
    'istio.namespace': proxy.namespace,
    'istio.cluster_id': proxy.cluster,
  }
}

function customTags({ request }: ExchangeRecord, { tags }: TracingPolicy): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tags.flatMap(([name, tag]) => {
      const value = customValue(tag, (header) => headerValue(request.headers, header))
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function customValue(tag: CustomSpanTag, header: (name: string) => string | undefined): string | undefined {
  return tag.kind === 'literal' ? tag.value : (header(tag.header) ?? tag.otherwise)
}

/** Statuses of gRPC that are the server's fault: Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss. */
function isServerFault(grpcStatus: number): boolean {
  return [2, 4, 12, 13, 14, 15].includes(grpcStatus)
}
