import { GRPC_STATUSES } from '../../../base/grpc.ts'
import { milliseconds } from './compile-sections.ts'
import { type LatencyCurve, NO_LATENCY } from './latency.ts'
import { compileLine } from './log-line.ts'
import type { Latency, ServedCall, ServedError, ServedGrpc, ServedPath, ServesSection } from './serves-section.ts'
import {
  type CompiledCall,
  type CompiledError,
  type CompiledGrpc,
  type CompiledPath,
  DEFAULT_GRPC,
  DEFAULT_PATH,
  DEFAULT_SERVING,
  type Failure,
  pathMatcher,
  type Serving,
} from './serving.ts'

const CALL_TIMEOUT_MS = 30_000

/** The section `serves` of a WorkloadModel, from its words to plain numbers. */
export function compileServes(section: ServesSection): Serving {
  const { ports, paths } = section
  return {
    ports: ports?.map(({ port, protocol = 'HTTP' }) => ({ port, protocol })),
    paths: paths === undefined ? DEFAULT_SERVING.paths : paths.map(compilePath),
    concurrency: section.concurrency ?? Number.POSITIVE_INFINITY,
    queueMax: section.queue ?? 0,
  }
}

function compilePath(served: ServedPath): CompiledPath {
  const { path = '/', pathType = 'Prefix', body, headers = {} } = served
  return {
    fits: pathMatcher(path, pathType),
    methods: served.methods?.map((method) => method.toUpperCase()),
    status: served.status ?? 200,
    headers: lowered(headers),
    body: body === undefined ? DEFAULT_PATH.body : compileLine(body),
    echo: served.echo ?? false,
    grpc: served.grpc === undefined ? DEFAULT_GRPC : compileGrpc(served.grpc),
    latency: served.latency === undefined ? NO_LATENCY : compileLatency(served.latency),
    errors: (served.errors ?? []).map(compileError),
    calls: (served.calls ?? []).map(compileCall),
    callsInParallel: served.callsInParallel ?? false,
    propagated: (served.propagateHeaders ?? []).map((name) => name.toLowerCase()),
  }
}

function compileLatency({ fixed, uniform, normal, logNormal }: Latency): LatencyCurve {
  if (uniform !== undefined) {
    return { kind: 'uniform', minMs: milliseconds(uniform.min, 0), maxMs: milliseconds(uniform.max, 0) }
  }
  const bell = normal ?? logNormal
  if (bell === undefined) return { kind: 'fixed', ms: milliseconds(fixed, 0) }
  const kind = normal === undefined ? 'logNormal' : 'normal'
  return { kind, p50Ms: milliseconds(bell.p50, 0), p99Ms: milliseconds(bell.p99, 0) }
}

function compileGrpc({ status = 'OK', message, reply, replies = 1, echo = false }: ServedGrpc): CompiledGrpc {
  return {
    status: GRPC_STATUSES.indexOf(status),
    message: message === undefined ? undefined : compileLine(message),
    reply: Buffer.from(reply ?? '', 'base64'),
    replies,
    echo,
  }
}

function compileError(error: ServedError): CompiledError {
  return {
    ratio: error.percent / 100,
    failure: failureOf(error),
    fromMs: milliseconds(error.from, 0),
    untilMs: milliseconds(error.until, Number.POSITIVE_INFINITY),
  }
}

function failureOf({ status = 500, grpcStatus, body, fault }: ServedError): Failure {
  if (fault !== undefined) return { fault }
  if (grpcStatus === undefined) return { status, body }
  return { grpcStatus: GRPC_STATUSES.indexOf(grpcStatus), message: body ?? '' }
}

function compileCall(call: ServedCall): CompiledCall {
  return {
    url: call.url,
    method: (call.method ?? 'GET').toUpperCase(),
    headers: lowered(call.headers ?? {}),
    body: call.body,
    ratio: (call.percent ?? 100) / 100,
    timeoutMs: milliseconds(call.timeout, CALL_TIMEOUT_MS),
    mayFail: call.onFailure === 'Ignore',
  }
}

function lowered(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
