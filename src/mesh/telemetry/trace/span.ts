import { headerValue } from '../../route/header-list.ts'
import type { ExchangeRecord } from '../../exchange/steps.ts'
import { flagsText, isGrpcRequest } from '../labels.ts'
import type { CustomSpanTag, TracingPolicy } from './start-trace.ts'
import { contextsOf } from './trace-context.ts'

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

/** Undefined where the request is not sampled. Tags as Envoy sets them: source/common/tracing/http_tracer_impl.cc. */
export function spanOf(record: ExchangeRecord, policy: TracingPolicy): MeshSpan | undefined {
  const sent = [...contextsOf(record.sentHeaders).values()][0]
  if (sent === undefined || sent.isSampled !== true) return undefined
  const parent = [...contextsOf(record.request.headers).values()][0]
  const { reporter, proxy, startMs, endMs, status } = record
  return {
    traceId: sent.traceId,
    spanId: sent.spanId,
    ...(parent?.traceId === sent.traceId && { parentSpanId: parent.spanId }),
    kind: reporter === 'source' ? 'client' : 'server',
    name: operationOf(record),
    service: proxy === undefined ? 'unknown' : `${proxy.canonicalName}.${proxy.namespace}`,
    startMs,
    durationMs: endMs - startMs,
    isError: status === 0 || status >= 500 || (record.grpcStatus !== undefined && isServerFault(record.grpcStatus)),
    tags: { ...httpTags(record), ...(policy.hasIstioTags && istioTags(record)), ...customTags(record, policy) },
  }
}

function operationOf({ service, cluster, request, localAddress }: ExchangeRecord): string {
  const port = cluster.split('|')[1] || /:(\d+)$/.exec(localAddress)?.[1] || '80'
  return `${service?.host ?? request.authority}:${port}/*`
}

function httpTags(record: ExchangeRecord): Readonly<Record<string, string>> {
  const { request, requestId, status, grpcStatus, flags, cluster, ended, downstreamAddress, upstreamAddress } = record
  return {
    component: 'proxy',
    'guid:x-request-id': requestId,
    'http.url': `${request.scheme}://${request.authority}${request.target}`,
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

function istioTags({ proxy }: ExchangeRecord): Readonly<Record<string, string>> {
  if (proxy === undefined) return {}
  return {
    'istio.canonical_service': proxy.canonicalName,
    'istio.canonical_revision': proxy.canonicalRevision,
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
