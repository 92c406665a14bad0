import type { Seat } from '../balance/cluster.ts'
import type { UpstreamHost } from '../balance/upstream-host.ts'
import { callerCertificates, isTerse, makesRequestIds } from '../config/types/proxy-headers.ts'
import { headerValue, type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { INBOUND_RETRY } from '../route/retry.ts'
import { principalOf } from '../registry/workload.ts'
import { withCertificate } from './client-certificate.ts'
import { breakWords, failureReply, failureWords, lossWords, transportFailure } from './failure.ts'
import { type Guard, guardedConnection } from './guard.ts'
import { always, hopOf, lastForwarded } from './fused-hop.ts'
import { headOf, judged } from './entry.ts'
import { Asking, type AskingOutcome } from './checks/asking.ts'
import { grpcStatusIn, isGrpc } from './grpc.ts'
import type { InboundPort } from './inbound-port.ts'
import { badRequest, type LocalReply, LOW_VERSION, OVERFLOW, respondWith } from './local-reply.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { addressText, knownCaller, serviceNamed } from './parties.ts'
import { relayedHeaders } from './relayed-headers.ts'
import { withRequestId } from './request-id.ts'
import { headersOf, inboundServerName, toldBy } from './server-name.ts'
import { traced } from './traced.ts'
import { RetryState } from './retry-state.ts'
import { RoutedRequest } from './routed-request.ts'
import type { ExchangeRecord } from './records.ts'
import type {
  AnsweredEvent,
  AttemptStep,
  Ended,
  FailedEvent,
  Happened,
  HttpExchange,
  IncomingConnection,
  IncomingRequest,
  LostEvent,
  OutgoingHead,
  Step,
} from './steps.ts'

const CLOSE: Step = { kind: 'close' }

/**
 * A request that reached the proxy of the workload it is for, over a wire: policies, then the application. How a caller may
 * connect was decided when it did. The invariants are those of `OutboundExchange`.
 */
export class InboundExchange implements HttpExchange {
  readonly #proxy: ExchangeProxy
  readonly #connection: IncomingConnection
  readonly #request: IncomingRequest
  #phase: 'new' | 'asking' | 'pausing' | 'queued' | 'attempting' | 'final' | 'ended' = 'new'
  #step: Step = CLOSE
  #port: InboundPort | undefined
  #routed: RoutedRequest | undefined
  #asking: Asking | undefined
  #head: OutgoingHead | undefined
  #retry: RetryState | undefined
  /** Where connections to the application are limited: the one that it has, or waits for. */
  #seat: Seat | undefined
  #isCounted = false
  #attempts = 0
  #startMs = 0
  #attemptMs = 0
  #answeredMs: number | undefined
  #status = 0
  #responseHeaders: HeaderList = NO_HEADERS
  #details = ''
  #policy: string | undefined
  #transportFailure: string | undefined
  readonly #flags: string[] = []

  constructor(proxy: ExchangeProxy, connection: IncomingConnection, request: IncomingRequest) {
    this.#proxy = proxy
    this.#connection = connection
    this.#request = request
  }

  start(now: number): Step {
    if (this.#phase === 'new') this.#step = this.#receive(now)
    return this.#step
  }

  on(happened: Happened, now: number): Step {
    if (this.#phase === 'final' || this.#phase === 'ended' || this.#phase === 'new') return this.#step
    this.#step = this.#next(happened, now)
    return this.#step
  }

  ended(ended: Ended, now: number): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#release(now)
    this.#noteBreak(ended)
    this.#proxy.mesh.observer?.exchange(this.#record(ended, now))
  }

  #noteBreak(ended: Ended): void {
    const words = breakWords(ended, this.#details)
    if (words === undefined) return
    if (!this.#flags.includes(words.flag)) this.#flags.push(words.flag)
    this.#details = words.details
  }

  #next(happened: Happened, now: number): Step {
    if (happened.kind === 'client-gone' || happened.kind === 'malformed') return this.#lost(happened, now)
    if (this.#phase === 'asking') {
      if (this.#asking === undefined || happened.kind === 'answered') return this.#step
      return this.#entered(this.#asking.on(happened, now), now)
    }
    if (this.#phase === 'pausing') return happened.kind === 'waited' ? this.#attempt(now) : this.#step
    if (this.#phase === 'queued') return happened.kind === 'waited' ? this.#seated(now) : this.#step
    if (happened.kind === 'answered') return this.#answered(happened, now)
    return happened.kind === 'failed' ? this.#failed(happened, now) : this.#step
  }

  #lost(lost: LostEvent, now: number): Step {
    const { flag, details } = lossWords(lost)
    this.#flags.push(flag)
    this.#asking?.drop(now)
    if (lost.kind === 'malformed' && lost.isHeard) return this.#reply(badRequest(details), now)
    this.#details = details
    this.#phase = 'final'
    this.#release(now)
    return CLOSE
  }

  #receive(now: number): Step {
    this.#startMs = now
    const { destination } = this.#connection
    const request = this.#request
    const { mesh } = this.#proxy
    const port = this.#proxy.inboundPort(destination.address, destination.port)
    this.#port = port
    if (request.version === 'HTTP/1.0') return this.#reply(LOW_VERSION, now)
    const target = mesh.normalize(request.target, mesh.snapshot)
    if (target === undefined) return this.#reply({ status: 400, body: '', details: 'path_normalization_failed' }, now)
    const headers = traced(this.#proxy, 'server', this.#received(request.headers))
    const scheme = headerValue(headers, 'x-forwarded-proto') ?? request.scheme
    const { guard } = port
    if (guard !== undefined) return this.#guarded(guard, new RoutedRequest(request, { scheme, target, headers }), now)
    const { method, authority } = request
    return this.#pass({ method, scheme, authority, target, headers }, now)
  }

  #guarded(guard: Guard, routed: RoutedRequest, now: number): Step {
    const connection = this.#connection
    this.#routed = routed
    routed.clientAddress = lastForwarded(routed.list)
    const guarded = guardedConnection(connection, routed.clientAddress)
    if (guard.nextCheck(guarded, routed, 0) === undefined) {
      return this.#entered(judged(guard, guarded, { routed, now }), now)
    }
    const { version } = this.#request
    const request = { routed, version, receivedMs: now, isRouted: always }
    this.#asking = new Asking({ proxy: this.#proxy, guard, connection, guarded, request, checksDeep: 0, hopOf })
    return this.#entered(this.#asking.start(now), now)
  }

  #entered(outcome: AskingOutcome, now: number): Step {
    const routed = this.#asking?.routed ?? this.#routed
    switch (outcome.kind) {
      case 'passed':
        return routed === undefined ? this.#step : this.#pass(headOf(routed), now)
      case 'refused':
        this.#policy = outcome.policy
        this.#flags.push(...outcome.flags)
        return this.#reply(outcome.reply, now)
      default:
        this.#phase = 'asking'
        return outcome
    }
  }

  #pass(head: OutgoingHead, now: number): Step {
    this.#head = head
    this.#retry = new RetryState(INBOUND_RETRY)
    return this.#attempt(now)
  }

  /** Whose certificate was seen is told to the application, after what those before said. */
  #received(list: HeaderList): HeaderList {
    const { tls, peerCertificate, peerPrincipal } = this.#connection
    const subject = peerCertificate ?? `Subject="";URI=spiffe://${peerPrincipal ?? ''}`
    const shown = `By=spiffe://${principalOf(this.#proxy.workload)};${subject}`
    const own = headersOf(this.#proxy)
    const headers = [...withCertificate(list, callerCertificates(own), tls === 'mtls' ? shown : undefined)]
    if (headerValue(list, 'x-forwarded-proto') === undefined) headers.push('x-forwarded-proto', this.#request.scheme)
    return makesRequestIds(own) ? withRequestId(headers, this.#proxy.mesh.dice) : headers
  }

  #attempt(now: number): Step {
    const port = this.#port
    const head = this.#head
    if (port === undefined || head === undefined) return this.#step
    const upstream = port.wayFor(this.#request.version === 'HTTP/2' ? 'http2' : 'http1')
    if (port.state === undefined) {
      port.host.active++
      this.#isCounted = true
      return this.#send({ host: port.host, head, upstream }, now)
    }
    this.#seat = port.state.seat(port.host, upstream.protocol, now)
    return this.#seated(now)
  }

  /** Where a connection is free, has become so, or is not for this one. */
  #seated(now: number): Step {
    const [port, head, seat] = [this.#port, this.#head, this.#seat]
    if (port === undefined || head === undefined) return this.#step
    if (seat?.isWaiting === true) {
      this.#phase = 'queued'
      return { kind: 'queue', turn: seat, timeoutMs: 0 }
    }
    if (seat === undefined || (this.#phase === 'queued' && !seat.take(now))) {
      this.#flags.push('UO')
      return this.#reply(OVERFLOW, now)
    }
    return this.#send({ host: seat.host, head, upstream: port.wayFor(seat.protocol) }, now)
  }

  #send(
    { host, head, upstream }: Pick<AttemptStep, 'head' | 'upstream'> & { readonly host: UpstreamHost },
    now: number,
  ): Step {
    this.#phase = 'attempting'
    this.#attempts++
    this.#attemptMs = now
    const mayRepeat = this.#retry?.isSpent === false
    return { kind: 'attempt', endpoint: host, head, timeoutMs: 0, upstream, mayRepeat }
  }

  #answered({ status, headers }: AnsweredEvent, now: number): Step {
    this.#phase = 'final'
    this.#status = status
    this.#answeredMs = now
    this.#details = 'via_upstream'
    const own = {
      serviceMs: isTerse(headersOf(this.#proxy)) ? undefined : now - this.#attemptMs,
      serverName: inboundServerName(this.#proxy),
      added: NO_HEADERS,
      nowMs: now,
    }
    const relayed = relayedHeaders(headers, own)
    this.#responseHeaders = this.#asking?.answered(relayed) ?? relayed
    return { kind: 'relay', status, headers: this.#responseHeaders, timeoutMs: 0 }
  }

  #failed(failure: FailedEvent, now: number): Step {
    const retry = this.#retry
    if (failure.how === 'overflow') this.#seat?.overflowed()
    this.#release(now)
    const wants = retry?.wantsAfterFailure(failure.how, failure.beforeRequest) === true && failure.canRepeat !== false
    if (retry !== undefined && wants && !retry.isSpent) {
      this.#phase = 'pausing'
      return { kind: 'wait', ms: retry.next(this.#proxy.mesh.dice) }
    }
    if (wants && retry?.isSpent === true) this.#flags.push('URX')
    this.#flags.push(failureWords(failure).flag)
    this.#transportFailure = transportFailure(failure)
    return this.#reply(failureReply(failure, { wasRetried: this.#attempts > 1 }), now)
  }

  #reply(reply: LocalReply, now: number): Step {
    this.#phase = 'final'
    this.#release(now)
    this.#details = reply.details
    const step = respondWith(toldBy(this.#proxy, reply), {
      isGrpc: this.#isGrpc,
      isHead: this.#request.method === 'HEAD',
      serverName: inboundServerName(this.#proxy),
      nowMs: now,
    })
    this.#status = step.status
    this.#responseHeaders = this.#asking?.answered(step.headers) ?? step.headers
    return { ...step, headers: this.#responseHeaders }
  }

  get #isGrpc(): boolean {
    return isGrpc(headerValue(this.#request.headers, 'content-type'))
  }

  #release(now: number): void {
    this.#seat?.leave(now)
    this.#seat = undefined
    if (!this.#isCounted || this.#port === undefined) return
    this.#isCounted = false
    this.#port.host.active--
  }

  #record(ended: Ended, now: number): ExchangeRecord {
    const connection = this.#connection
    const { workload, mesh } = this.#proxy
    const isMutualTls = connection.tls === 'mtls'
    const port = this.#port
    const source = knownCaller(connection, mesh)
    return {
      kind: 'http',
      reporter: 'destination',
      proxy: workload,
      source,
      destination: workload,
      sourcePrincipal: isMutualTls ? connection.peerPrincipal : undefined,
      destinationPrincipal: isMutualTls ? principalOf(workload) : undefined,
      service: serviceNamed(port?.service),
      cluster: port?.cluster ?? '',
      routeName: 'default',
      isMutualTls,
      downstreamAddress: addressText(connection.source),
      localAddress: addressText(connection.destination),
      upstreamAddress:
        this.#attempts === 0 || port === undefined ? undefined : `${port.host.address}:${port.host.port}`,
      serverName: connection.sni,
      flags: this.#flags,
      details: this.#details,
      transportFailure: this.#transportFailure,
      policy: this.#policy,
      startMs: this.#startMs,
      endMs: now,
      request: this.#request,
      requestId: headerValue(this.#head?.headers ?? this.#request.headers, 'x-request-id') ?? '',
      sentHeaders: this.#head?.headers ?? this.#routed?.list ?? NO_HEADERS,
      status: this.#status,
      grpcStatus: this.#isGrpc ? (grpcStatusIn(ended.trailers) ?? grpcStatusIn(this.#responseHeaders)) : undefined,
      responseHeaders: this.#responseHeaders,
      attempts: this.#attempts,
      upstreamServiceMs: this.#answeredMs === undefined ? undefined : this.#answeredMs - this.#startMs,
      ended,
    }
  }
}
