import { headerValue } from '../route/header-list.ts'
import type { ConnectionRecord, ExchangeRecord, Parties } from '../exchange/records.ts'
import type { Workload } from '../registry/workload.ts'

/*
 * The labels of Istio's standard metrics, in the order in which its proxies print them: istio/proxy
 * testdata/metric/{client_request_total,tcp_client_connection_open,client_request_messages}.yaml.tmpl.
 */

/** Who calls and who is called: all metrics have these. */
const PARTY_LABELS = [
  'reporter',
  'source_workload',
  'source_canonical_service',
  'source_canonical_revision',
  'source_workload_namespace',
  'source_principal',
  'source_app',
  'source_version',
  'source_cluster',
  'destination_workload',
  'destination_workload_namespace',
  'destination_principal',
  'destination_app',
  'destination_version',
  'destination_service',
  'destination_canonical_service',
  'destination_canonical_revision',
  'destination_service_name',
  'destination_service_namespace',
  'destination_cluster',
] as const

export const REQUEST_LABELS: readonly string[] = [
  ...PARTY_LABELS,
  'request_protocol',
  'response_code',
  'grpc_response_status',
  'response_flags',
  'connection_security_policy',
]

export const CONNECTION_LABELS: readonly string[] = [
  ...PARTY_LABELS,
  'request_protocol',
  'response_flags',
  'connection_security_policy',
]

/** Messages are counted before it is known how the request ends. */
export const MESSAGE_LABELS: readonly string[] = PARTY_LABELS

const UNKNOWN = 'unknown'

/** Values of `REQUEST_LABELS`, in their order. */
export function requestLabels(record: ExchangeRecord): readonly string[] {
  const { status, grpcStatus } = record
  const isGrpc = isGrpcRequest(record)
  return [
    ...partyLabels(record, record.request.authority),
    isGrpc ? 'grpc' : 'http',
    String(status),
    isGrpc && grpcStatus !== undefined ? String(grpcStatus) : '',
    ...endLabels(record),
  ]
}

/** Values of `CONNECTION_LABELS`. */
export function connectionLabels(record: ConnectionRecord): readonly string[] {
  return [...partyLabels(record, undefined), 'tcp', ...endLabels(record)]
}

/** Values of `MESSAGE_LABELS`. */
export function messageLabels(record: ExchangeRecord): readonly string[] {
  return partyLabels(record, record.request.authority)
}

export function isGrpcRequest({ request }: ExchangeRecord): boolean {
  return headerValue(request.headers, 'content-type')?.startsWith('application/grpc') === true
}

/** Flags as metrics and logs print them. */
export function flagsText(flags: readonly string[]): string {
  return flags.length === 0 ? '-' : flags.join(',')
}

function partyLabels(record: Parties, authority: string | undefined): readonly string[] {
  const { reporter, source, destination, sourcePrincipal, destinationPrincipal } = record
  const host = serviceHost(record, authority)
  return [
    reporter,
    source?.name ?? UNKNOWN,
    source?.canonicalName ?? UNKNOWN,
    source?.canonicalRevision ?? 'latest',
    source?.namespace ?? UNKNOWN,
    principalText(sourcePrincipal),
    labelOf(source, 'app'),
    labelOf(source, 'version'),
    source?.cluster ?? UNKNOWN,
    destination?.name ?? UNKNOWN,
    destination?.namespace ?? UNKNOWN,
    principalText(destinationPrincipal),
    labelOf(destination, 'app'),
    labelOf(destination, 'version'),
    host,
    destination?.canonicalName ?? UNKNOWN,
    destination?.canonicalRevision ?? 'latest',
    serviceName(record, host),
    destination?.namespace ?? UNKNOWN,
    destination?.cluster ?? UNKNOWN,
  ]
}

/** Only the called side knows how the connection was secured. */
function endLabels({ flags, reporter, isMutualTls }: Parties): readonly string[] {
  const security = reporter === 'source' ? UNKNOWN : isMutualTls ? 'mutual_tls' : 'none'
  return [flagsText(flags), security]
}

/** Of calls to what no service stands for, the host that was asked for. */
function serviceHost({ service }: Parties, authority: string | undefined): string {
  return service?.host ?? (authority || UNKNOWN)
}

const NAMELESS_CLUSTERS = new Set(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster'])

function serviceName({ service, cluster }: Parties, host: string): string {
  if (service !== undefined) return service.name
  return NAMELESS_CLUSTERS.has(cluster) ? cluster : host
}

function principalText(principal: string | undefined): string {
  return principal === undefined ? UNKNOWN : `spiffe://${principal}`
}

function labelOf(workload: Workload | undefined, name: string): string {
  return workload?.labels[name] ?? UNKNOWN
}
