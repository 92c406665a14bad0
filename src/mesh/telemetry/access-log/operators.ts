import type { ExchangeRecord } from '../../exchange/records.ts'
import { headerValue, type HeaderList } from '../../route/header-list.ts'
import { Expression, type TelemetryRecord } from '../expression.ts'
import { timeText } from './start-time.ts'

/** What stands for a command in a log; undefined where there is nothing to say. */
export type LogValue = string | number | undefined

export type Operator = (record: TelemetryRecord) => LogValue

/** Makes a command of a format, from what stands in its parentheses. */
type OperatorMaker = (argument: string | undefined) => Operator

/** Undefined for a name that is none. Commands: envoyproxy.io, "Access logging", in what records hold. */
export function operatorOf(name: string, argument: string | undefined): Operator | undefined {
  return Object.hasOwn(OPERATORS, name) ? OPERATORS[name]?.(argument) : undefined
}

/** What proxies here never have. Envoy prints such values as missing too. */
const missing: OperatorMaker = () => () => undefined

const OPERATORS: Readonly<Record<string, OperatorMaker>> = {
  START_TIME: (format) => (record) => timeText(record.startMs, format),
  START_TIME_LOCAL: (format) => (record) => timeText(record.startMs, format),
  EMIT_TIME: (format) => (record) => timeText(record.endMs, format),
  DURATION: () => (record) => Math.trunc(record.endMs - record.startMs),
  RESPONSE_DURATION: () => http(({ upstreamServiceMs }) => upstreamServiceMs),
  BYTES_RECEIVED: () => (record) => (record.kind === 'http' ? record.ended.requestBytes : record.receivedBytes),
  BYTES_SENT: () => (record) => (record.kind === 'http' ? record.ended.responseBytes : record.sentBytes),
  PROTOCOL: () => http(({ request }) => request.version),
  RESPONSE_CODE: () => (record) => (record.kind === 'http' ? record.status : 0),
  RESPONSE_CODE_DETAILS: () => (record) => (isAnswer(record) ? wordOf(record.details) : undefined),
  CONNECTION_TERMINATION_DETAILS: () => (record) => (isAnswer(record) ? undefined : wordOf(record.details)),
  RESPONSE_FLAGS:
    () =>
    ({ flags }) =>
      flags.length === 0 ? undefined : flags.join(','),
  RESPONSE_FLAGS_LONG:
    () =>
    ({ flags }) =>
      flags.length === 0 ? undefined : flags.map((flag) => LONG_FLAGS[flag] ?? flag).join(','),
  ROUTE_NAME:
    () =>
    ({ routeName }) =>
      wordOf(routeName),
  UPSTREAM_HOST:
    () =>
    ({ upstreamAddress }) =>
      upstreamAddress,
  UPSTREAM_CLUSTER:
    () =>
    ({ cluster }) =>
      wordOf(cluster),
  UPSTREAM_CLUSTER_RAW:
    () =>
    ({ cluster }) =>
      wordOf(cluster),
  UPSTREAM_LOCAL_ADDRESS: missing,
  UPSTREAM_REMOTE_ADDRESS:
    () =>
    ({ upstreamAddress }) =>
      upstreamAddress,
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT:
    () =>
    ({ upstreamAddress }) =>
      hostOf(upstreamAddress),
  UPSTREAM_REMOTE_PORT:
    () =>
    ({ upstreamAddress }) =>
      portOf(upstreamAddress),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: () => http(({ attempts }) => attempts),
  UPSTREAM_TRANSPORT_FAILURE_REASON:
    () =>
    ({ transportFailure }) =>
      transportFailure,
  UPSTREAM_PEER_URI_SAN:
    () =>
    ({ destinationPrincipal }) =>
      uriOf(destinationPrincipal),
  DOWNSTREAM_LOCAL_ADDRESS:
    () =>
    ({ localAddress }) =>
      wordOf(localAddress),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT:
    () =>
    ({ localAddress }) =>
      hostOf(localAddress),
  DOWNSTREAM_LOCAL_PORT:
    () =>
    ({ localAddress }) =>
      portOf(localAddress),
  DOWNSTREAM_REMOTE_ADDRESS:
    () =>
    ({ downstreamAddress }) =>
      wordOf(downstreamAddress),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT:
    () =>
    ({ downstreamAddress }) =>
      hostOf(downstreamAddress),
  DOWNSTREAM_REMOTE_PORT:
    () =>
    ({ downstreamAddress }) =>
      portOf(downstreamAddress),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS:
    () =>
    ({ downstreamAddress }) =>
      wordOf(downstreamAddress),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT:
    () =>
    ({ downstreamAddress }) =>
      hostOf(downstreamAddress),
  DOWNSTREAM_PEER_URI_SAN:
    () =>
    ({ sourcePrincipal }) =>
      uriOf(sourcePrincipal),
  DOWNSTREAM_LOCAL_URI_SAN:
    () =>
    ({ destinationPrincipal }) =>
      uriOf(destinationPrincipal),
  REQUESTED_SERVER_NAME:
    () =>
    ({ serverName }) =>
      serverName,
  REQ: (argument) => {
    const names = alternatives(argument)
    return http((record) => firstOf(names, (name) => requestHeader(record, name)))
  },
  REQ_WITHOUT_QUERY: (argument) => {
    const names = alternatives(argument)
    return http((record) => firstOf(names, (name) => requestHeader(record, name))?.replace(/\?.*$/s, ''))
  },
  RESP: (argument) => {
    const names = alternatives(argument)
    return http((record) => firstOf(names, (name) => responseHeader(record, name)))
  },
  TRAILER: (argument) => {
    const names = alternatives(argument)
    return http(({ ended }) => firstOf(names, (name) => headerValue(ended.trailers ?? NONE, name)))
  },
  GRPC_STATUS: (format) => http(({ grpcStatus }) => grpcStatusText(grpcStatus, format)),
  GRPC_STATUS_NUMBER: () => http(({ grpcStatus }) => grpcStatus),
  STREAM_ID: () => http(({ requestId }) => wordOf(requestId)),
  HOSTNAME:
    () =>
    ({ proxy }) =>
      proxy?.name,
  CEL: (source = '') => {
    const expression = Expression.of(source)
    return (record) => expression?.text(record)
  },
  METADATA: missing,
  DYNAMIC_METADATA: missing,
  CLUSTER_METADATA: missing,
  UPSTREAM_METADATA: missing,
  FILTER_STATE: missing,
  ENVIRONMENT: missing,
  DOWNSTREAM_TLS_VERSION: missing,
  DOWNSTREAM_TLS_CIPHER: missing,
  REQUEST_DURATION: missing,
  RESPONSE_TX_DURATION: missing,
}

const NONE: HeaderList = []

/** envoyproxy.io, "Access logging", %RESPONSE_FLAGS_LONG%. */
const LONG_FLAGS: Readonly<Record<string, string>> = {
  UH: 'NoHealthyUpstream',
  UF: 'UpstreamConnectionFailure',
  UO: 'UpstreamOverflow',
  NR: 'NoRouteFound',
  URX: 'UpstreamRetryLimitExceeded',
  NC: 'NoClusterFound',
  DT: 'DurationTimeout',
  DC: 'DownstreamConnectionTermination',
  LH: 'FailedLocalHealthCheck',
  UT: 'UpstreamRequestTimeout',
  LR: 'LocalReset',
  UR: 'UpstreamRemoteReset',
  UC: 'UpstreamConnectionTermination',
  DI: 'DelayInjected',
  FI: 'FaultInjected',
  RL: 'RateLimited',
  UAEX: 'UnauthorizedExternalService',
  RLSE: 'RateLimitServiceError',
  IH: 'InvalidEnvoyRequestHeaders',
  SI: 'StreamIdleTimeout',
  DPE: 'DownstreamProtocolError',
  UPE: 'UpstreamProtocolError',
  UMSDR: 'UpstreamMaxStreamDurationReached',
  OM: 'OverloadManagerTerminated',
  DF: 'DnsResolutionFailed',
}

const GRPC_STATUS_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

function http(of: (record: ExchangeRecord) => LogValue): Operator {
  return (record) => (record.kind === 'http' ? of(record) : undefined)
}

/** A listener that has no filter chain for a connection says so where answers have their details. */
function isAnswer({ kind, flags }: TelemetryRecord): boolean {
  return kind === 'http' || flags.includes('NR')
}

/** `X?Y`: Y where there is no X. */
function alternatives(argument = ''): readonly string[] {
  return argument.toLowerCase().split('?')
}

function firstOf(names: readonly string[], of: (name: string) => string | undefined): string | undefined {
  for (const name of names) {
    const value = of(name)
    if (value !== undefined) return value
  }
  return undefined
}

/** Headers as they left the proxy, and those that only came in. */
function requestHeader({ request, requestId, sentHeaders }: ExchangeRecord, name: string): string | undefined {
  switch (name) {
    case ':method':
      return wordOf(request.method)
    case ':path':
      return wordOf(request.target)
    case ':authority':
    case 'host':
      return wordOf(request.authority)
    case ':scheme':
      return wordOf(request.scheme)
    case 'x-request-id':
      return wordOf(requestId)
    default:
      return headerValue(sentHeaders, name) ?? headerValue(request.headers, name)
  }
}

function responseHeader(
  { responseHeaders, status, upstreamServiceMs }: ExchangeRecord,
  name: string,
): string | undefined {
  if (name === ':status') return String(status)
  const own = headerValue(responseHeaders, name)
  if (own !== undefined || name !== 'x-envoy-upstream-service-time') return own
  return upstreamServiceMs === undefined ? undefined : String(Math.trunc(upstreamServiceMs))
}

function grpcStatusText(status: number | undefined, format = 'CAMEL_STRING'): LogValue {
  if (status === undefined) return undefined
  if (format === 'NUMBER') return status
  const name = GRPC_STATUS_NAMES[status] ?? String(status)
  return format === 'SNAKE_STRING' ? name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() : name
}

function wordOf(text: string): string | undefined {
  return text === '' || text === '-' ? undefined : text
}

function uriOf(principal: string | undefined): string | undefined {
  return principal === undefined ? undefined : `spiffe://${principal}`
}

function hostOf(address: string | undefined): string | undefined {
  return address?.replace(/:\d+$/, '')
}

function portOf(address: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(address ?? '')?.[1]
  return port === undefined ? undefined : Number(port)
}
