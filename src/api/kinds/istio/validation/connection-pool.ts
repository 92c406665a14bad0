import { parseDuration } from '../../../../base/duration.ts'
import { durationProblem } from './durations.ts'
import { error, errorOf, isGiven, type Maybe, type Problem } from './problem.ts'

export interface ConnectionPool {
  readonly http?: Maybe<HttpPool>
  readonly tcp?: Maybe<TcpPool>
}

interface HttpPool {
  readonly http1MaxPendingRequests?: number
  readonly http2MaxRequests?: number
  readonly maxRequestsPerConnection?: number
  readonly maxRetries?: number
  readonly maxConcurrentStreams?: number
  readonly idleTimeout?: string
  readonly h2UpgradePolicy?: string
  readonly useClientProtocol?: boolean
  readonly http2KeepAlive?: Maybe<{ readonly interval?: string; readonly timeout?: string }>
}

interface TcpPool {
  readonly maxConnections?: number
  readonly connectTimeout?: string
  readonly maxConnectionDuration?: string
  readonly idleTimeout?: string
  readonly tcpKeepalive?: Maybe<{ readonly time?: string; readonly interval?: string }>
}

export function* validateConnectionPool(pool: Maybe<ConnectionPool>): Generator<Problem> {
  if (!isGiven(pool)) return
  const { http, tcp } = pool
  if (!isGiven(http) && !isGiven(tcp)) yield error('connection pool must have at least one field')
  if (isGiven(http)) yield* validateHttpPool(http)
  if (isGiven(tcp)) yield* validateTcpPool(tcp)
}

function* validateHttpPool(http: HttpPool): Generator<Problem> {
  if ((http.http1MaxPendingRequests ?? 0) < 0) yield error('http1 max pending requests must be non-negative')
  if ((http.http2MaxRequests ?? 0) < 0) yield error('http2 max requests must be non-negative')
  if ((http.maxRequestsPerConnection ?? 0) < 0) yield error('max requests per connection must be non-negative')
  if ((http.maxRetries ?? 0) < 0) yield error('max retries must be non-negative')
  if (isGiven(http.idleTimeout)) yield* errorOf(durationProblem(http.idleTimeout))
  if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) {
    yield error('use client protocol must not be true when H2UpgradePolicy is UPGRADE')
  }
  if ((http.maxConcurrentStreams ?? 0) < 0) yield error('max concurrent streams must be non-negative')
  if (!isGiven(http.http2KeepAlive)) return
  const { interval, timeout } = http.http2KeepAlive
  yield* errorOf(isGiven(interval) ? durationProblem(interval) : 'http2 keepalive interval is required')
  yield* errorOf(isGiven(timeout) ? durationProblem(timeout) : 'http2 keepalive timeout is required')
}

function* validateTcpPool(tcp: TcpPool): Generator<Problem> {
  const { maxConnections = 0, connectTimeout, maxConnectionDuration, idleTimeout, tcpKeepalive } = tcp
  if (maxConnections < 0) yield error('max connections must be non-negative')
  if (isGiven(connectTimeout)) yield* errorOf(durationProblem(connectTimeout))
  if (isGiven(maxConnectionDuration)) yield* errorOf(durationProblem(maxConnectionDuration))
  // Nothing turns the timeout off.
  if (isGiven(idleTimeout) && Math.trunc(parseDuration(idleTimeout) ?? 1) !== 0) {
    yield* errorOf(durationProblem(idleTimeout))
  }
  if (isGiven(tcpKeepalive?.time)) yield* errorOf(durationProblem(tcpKeepalive.time))
  if (isGiven(tcpKeepalive?.interval)) yield* errorOf(durationProblem(tcpKeepalive.interval))
}
