import { type HashSource, requestHash } from '../balance/hash-source.ts'
import type { Seat } from '../balance/cluster.ts'
import type { UpstreamHost } from '../balance/upstream-host.ts'
import type { Hash64 } from '../balance/xx-hash.ts'
import type { ChainAction } from '../proxy/filter-chain.ts'
import { hostOf } from '../proxy/virtual-host.ts'
import type { CompiledRoute, RouteTarget } from '../route/compiled-route.ts'
import { pickTarget } from '../route/decision.ts'
import { type Abort, injectedAbort, injectedDelay } from '../route/fault.ts'
import { type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { NO_CHANGES, withListChanges } from '../route/headers.ts'
import { NO_RETRY } from '../route/retry.ts'
import { isTerse, serverNameIn, tellsAttempts } from '../config/types/proxy-headers.ts'
import { headersOf, INBOUND_NAME, toldBy } from './server-name.ts'
import { arrivalOf } from './arrival.ts'
import type { AskingOutcome } from './checks/asking.ts'
import { GatewayAsking } from './checks/gateway-asking.ts'
import { corsOutcome } from './cors.ts'
import { judged } from './entry.ts'
import { breakWords, failureReply, failureWords, lossWords, transportFailure } from './failure.ts'
import { type Guard, guardedConnection } from './guard.ts'
import { FusedHop, hopOf } from './fused-hop.ts'
import { hashedRequest } from './hashed-request.ts'
import type { HopOutcome } from './hop.ts'
import {
  badRequest,
  type LocalReply,
  LOW_VERSION,
  NO_HEALTHY_UPSTREAM,
  OVERFLOW,
  respondWith,
  TIME_UP,
} from './local-reply.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { outboundRecord } from './outbound-record.ts'
import type { OutboundPhase, OutboundState } from './outbound-state.ts'
import type { ReceivedHead } from './received-head.ts'
import { mirrorCopies } from './mirror-copies.ts'
import { attemptHead, outgoingHead } from './outgoing-head.ts'
import { abortAnswer, ownAnswer } from './own-answer.ts'
import { relayedHeaders } from './relayed-headers.ts'
import { isTimeOver, NO_LIMITS, type TimeLimits, timeLeft, timeLimits, tryLimit } from './time-limits.ts'
import { RetryState } from './retry-state.ts'
import type { RoutedRequest } from './routed-request.ts'
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
import type { UpstreamCluster } from './upstream-cluster.ts'
import { protocolFor } from './upstream-protocol.ts'
import { writtenChanges } from './written-changes.ts'

type HttpAction = Extract<ChainAction, { kind: 'http' }>

const CLOSE: Step = { kind: 'close' }

/**
 * A request through a proxy on the caller's side, which is its sidecar or a gateway: guard (at gateways), fault, CORS, route,
 * attempts, answer, in the order of Istio's filters.
 *
 * Invariants:
 *  1. A host counts the request as long as an attempt at it is under way or its answer is passed on, and not after `ended`.
 *  2. The observer is told once, at the end.
 *  3. What comes out of turn changes nothing: the step asked for last is asked for again.
 */
export class OutboundExchange implements HttpExchange, OutboundState {
  readonly proxy: ExchangeProxy
  readonly connection: IncomingConnection
  readonly request: IncomingRequest
  readonly #action: HttpAction
  #phase: OutboundPhase = 'new'
  #step: Step = CLOSE
  #head: ReceivedHead | undefined
  #routed: RoutedRequest | undefined
  #asking: GatewayAsking | undefined
  #abort: Abort | undefined
  #answerHeaders: HeaderList = NO_HEADERS
  #outgoing: OutgoingHead | undefined
  #retry: RetryState | undefined
  #isRetrying = false
  #tried: readonly UpstreamHost[] | undefined
  #hash: Hash64 | undefined
  #limits: TimeLimits = NO_LIMITS
  /** When the request's time began: once it had come whole, and was not held up by an injected delay. */
  #timedFromMs = 0
  #attemptMs = 0
  #seat: Seat | undefined

  // What the record says.
  requestId = ''
  startMs = 0
  route: CompiledRoute | undefined
  target: RouteTarget | undefined
  cluster: UpstreamCluster | undefined
  host: UpstreamHost | undefined
  hop: FusedHop | undefined
  attempts = 0
  status = 0
  sentHeaders: HeaderList = NO_HEADERS
  responseHeaders: HeaderList = NO_HEADERS
  answeredMs: number | undefined
  details = ''
  policy: string | undefined
  transportFailure: string | undefined
  isMutualTls = false
  readonly checksDeep = 0
  readonly flags: string[] = []

  constructor(proxy: ExchangeProxy, connection: IncomingConnection, request: IncomingRequest, action: HttpAction) {
    this.proxy = proxy
    this.connection = connection
    this.request = request
    this.#action = action
  }

  get isGrpc(): boolean {
    return this.#head?.isGrpc === true
  }

  get isGateway(): boolean {
    return this.proxy.workload.type === 'gateway'
  }

  start(now: number): Step {
    if (this.#phase !== 'new') return this.#step
    this.startMs = now
    this.#step = this.#receive(now)
    return this.#step
  }

  on(happened: Happened, now: number): Step {
    if (this.#phase === 'final' || this.#phase === 'ended' || this.#phase === 'new') return this.#step
    this.#step = this.#next(happened, now)
    return this.#step
  }

  requestEnded(now: number): void {
    this.#timedFromMs = now
  }

  ended(ended: Ended, now: number): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#release(now)
    this.#stopRetrying()
    this.#noteBreak(ended, now)
    const { observer } = this.proxy.mesh
    if (observer === undefined) return
    this.hop?.report(observer, this, { ended, now })
    observer.exchange(outboundRecord(this, ended, now))
  }

  #next(happened: Happened, now: number): Step {
    if (happened.kind === 'client-gone' || happened.kind === 'malformed') return this.#lost(happened, now)
    switch (this.#phase) {
      case 'asking':
        if (this.#asking === undefined || happened.kind === 'answered') return this.#step
        return this.#entered(this.#asking.on(happened, now), now)
      case 'delayed':
        return happened.kind === 'waited' ? this.#afterDelay(now) : this.#step
      case 'pausing':
        return happened.kind === 'waited' ? this.#afterPause(now) : this.#step
      case 'mirroring':
        return happened.kind === 'waited' ? this.#seated(now) : this.#step
      case 'queued':
        if (happened.kind === 'failed') return this.#giveUp('UT', TIME_UP, now)
        return happened.kind === 'waited' ? this.#seated(now) : this.#step
      case 'there':
        if (this.hop === undefined || happened.kind === 'answered') return this.#step
        return this.#there(this.hop.heard(happened, now), now)
      case 'attempting':
        if (happened.kind === 'answered') return this.#answered(happened, now)
        return happened.kind === 'failed' ? this.#failed(happened, now) : this.#step
      default:
        return this.#step
    }
  }

  #lost(lost: LostEvent, now: number): Step {
    const { flag, details } = lossWords(lost)
    this.flags.push(flag)
    this.#asking?.drop(now)
    this.hop?.drop(now)
    if (lost.kind === 'malformed' && lost.isHeard) return this.#reply(badRequest(details), now)
    this.details = details
    this.#phase = 'final'
    this.#release(now)
    return CLOSE
  }

  #receive(now: number): Step {
    const { head, requestId, routed } = arrivalOf(this.proxy, this.connection, this.request)
    this.#head = head
    this.requestId = requestId
    this.sentHeaders = head.headers
    if (this.request.version === 'HTTP/1.0') return this.#reply(LOW_VERSION, now)
    if (routed === undefined) return this.#reply({ status: 400, body: '', details: 'path_normalization_failed' }, now)
    this.#routed = routed
    const guard = this.isGateway ? this.proxy.guard : undefined
    return guard === undefined ? this.#find(routed, now) : this.#guarded(guard, routed, now)
  }

  /** Policies for a gateway hold for what passes it; those for a sidecar are for what comes in. */
  #guarded(guard: Guard, routed: RoutedRequest, now: number): Step {
    const { proxy, connection, checksDeep } = this
    const guarded = guardedConnection(connection, routed.clientAddress)
    if (guard.nextCheck(guarded, routed, 0) === undefined) {
      return this.#entered(judged(guard, guarded, { routed, now }), now)
    }
    const asked = { routed, version: this.request.version, receivedMs: now }
    this.#asking = new GatewayAsking(this.#action, { proxy, guard, connection, guarded, checksDeep, hopOf }, asked)
    return this.#entered(this.#asking.start(now), now)
  }

  #entered(outcome: AskingOutcome, now: number): Step {
    const routed = (this.#routed = this.#asking?.routed ?? this.#routed)
    switch (outcome.kind) {
      case 'passed':
        return routed === undefined ? this.#step : this.#find(routed, now)
      case 'refused':
        this.policy = outcome.policy
        this.flags.push(...outcome.flags)
        return this.#reply(outcome.reply, now)
      default:
        this.#phase = 'asking'
        return outcome
    }
  }

  #find(routed: RoutedRequest, now: number): Step {
    const virtualHost = this.#action.virtualHost(routed.authority)
    if (virtualHost?.requiresTls === true && routed.scheme === 'http') {
      const location = `https://${hostOf(routed.authority)}${this.request.target}`
      return this.#reply({ status: 301, body: '', details: 'direct_response', headers: ['location', location] }, now)
    }
    const route = this.#asking?.keptRoute(routed) ?? virtualHost?.find(routed)
    if (route === undefined) return this.#giveUp('NR', { status: 404, body: '', details: 'route_not_found' }, now)
    this.route = route
    this.sentHeaders = routed.calledBy(route, this.connection.destination.port)
    const { fault } = route
    if (fault === undefined) return this.#pass(route, routed, now)
    const { dice } = this.proxy.mesh
    const delayMs = injectedDelay(fault, dice)
    this.#abort = injectedAbort(fault, dice)
    if (delayMs <= 0) return this.#afterDelay(now)
    this.flags.push('DI')
    this.#phase = 'delayed'
    return { kind: 'wait', ms: delayMs }
  }

  #afterDelay(now: number): Step {
    const [route, routed, abort] = [this.route, this.#routed, this.#abort]
    if (route === undefined || routed === undefined) return this.#step
    if (abort === undefined) return this.#pass(route, routed, now)
    // It is told of with the service that it would have gone to.
    this.target = pickTarget(route.targets, this.proxy.mesh.dice)
    this.cluster = this.target && this.proxy.cluster(this.target.cluster, now)
    this.flags.push('FI')
    return this.#reply(abortAnswer(abort), now)
  }

  #pass(route: CompiledRoute, routed: RoutedRequest, now: number): Step {
    const { corsPolicy } = route.rule
    if (corsPolicy !== undefined) {
      const outcome = corsOutcome(corsPolicy, routed.method, routed.list)
      if (outcome.kind === 'answer')
        return this.#reply({ status: 200, body: '', details: 'cors_response', headers: outcome.headers }, now)
      this.#answerHeaders = outcome.headers
    }
    const own = ownAnswer(route, routed, this, now)
    if (own !== undefined) return this.#reply(own, now)
    return this.#forward(route, routed, now)
  }

  #forward(route: CompiledRoute, routed: RoutedRequest, now: number): Step {
    const { proxy } = this
    const { dice } = proxy.mesh
    const target = pickTarget(route.targets, dice)
    const cluster = target === undefined ? undefined : proxy.cluster(target.cluster, now)
    this.target = target
    if (target === undefined || cluster === undefined) {
      return this.#giveUp('NC', { status: 503, body: '', details: 'cluster_not_found' }, now)
    }
    this.cluster = cluster
    if (cluster.isBlackHole) return this.#giveUp('UH', NO_HEALTHY_UPSTREAM, now)
    this.#limits = timeLimits(route, this.#head)
    this.#timedFromMs = now
    const { hash } = cluster.state.policy
    if (hash !== undefined) this.#hashBy(hash, routed)
    if (route.retry !== undefined || this.#head?.wishes !== undefined) {
      this.#retry = new RetryState(route.retry ?? NO_RETRY, this.#head?.wishes)
    }
    this.#outgoing = outgoingHead(routed, { route, target, exchange: this }, now)
    return this.#attempt(now)
  }

  #hashBy(source: HashSource, routed: RoutedRequest): void {
    const { hash, setCookie } = requestHash(source, hashedRequest(routed, this.connection))
    this.#hash = hash
    if (setCookie !== undefined) this.#answerHeaders = [...this.#answerHeaders, 'set-cookie', setCookie]
  }

  #attempt(now: number): Step {
    const { cluster } = this
    if (cluster === undefined) return this.#step
    const { dice } = this.proxy.mesh
    const among = { nowMs: now, dice, hash: this.#hash, tries: 0, tried: this.#tried, retry: this.#retry?.policy }
    const host = cluster.pick(among, this.connection.destination)
    if (host === undefined) return this.#giveUp('UH', NO_HEALTHY_UPSTREAM, now)
    const seat = cluster.state.seat(host, protocolFor(this, cluster), now)
    if (seat === undefined) return this.#giveUp('UO', OVERFLOW, now)
    this.#seat = seat
    const hasCopies = this.#tried === undefined && this.route?.mirrors.length !== 0
    const copies = hasCopies ? mirrorCopies(this, this.#outgoing, { now, hash: this.#hash, limits: this.#limits }) : []
    if (copies.length === 0) return this.#seated(now)
    this.#phase = 'mirroring'
    return { kind: 'mirror', copies }
  }

  /** Where a connection is free, or has become so. */
  #seated(now: number): Step {
    const { cluster } = this
    const seat = this.#seat
    if (cluster === undefined || seat === undefined) return this.#step
    if (!seat.isWaiting) {
      const isRoomy = this.#phase !== 'queued' || seat.take(now)
      return isRoomy ? this.#send(cluster, seat, now) : this.#giveUp('UO', OVERFLOW, now)
    }
    this.#phase = 'queued'
    return { kind: 'queue', turn: seat, timeoutMs: timeLeft(this.#limits, now - this.#timedFromMs) }
  }

  #send(cluster: UpstreamCluster, { host, protocol }: Seat, now: number): Step {
    const outgoing = this.#outgoing
    if (outgoing === undefined) return this.#step
    this.host = host
    this.attempts++
    this.#attemptMs = now
    this.#phase = 'attempting'
    this.isMutualTls = host.transport === 'mtls'
    const tryMs = tryLimit(this.#limits, now - this.#timedFromMs)
    const own = headersOf(this.proxy)
    const head = attemptHead(outgoing, tellsAttempts(own) ? this.attempts : 0, isTerse(own) ? 0 : tryMs)
    this.sentHeaders = head.headers
    this.hop = FusedHop.between(this, host)
    const step: AttemptStep = {
      kind: 'attempt',
      endpoint: host,
      head,
      timeoutMs: tryMs,
      upstream: cluster.ways.of(host.transport, protocol, head.authority),
      mayRepeat: this.#retry !== undefined && !this.#retry.isSpent,
    }
    return this.hop === undefined ? step : this.#there(this.hop.enter(step, this, now), now)
  }

  /** What the called side's proxy wants to be done, or says. */
  #there(outcome: HopOutcome, now: number): Step {
    switch (outcome.kind) {
      case 'answered':
        return this.#answered(outcome, now)
      case 'failed':
        return this.#failed(outcome, now)
      default:
        this.#phase = outcome.kind === 'attempt' ? 'attempting' : 'there'
        return outcome
    }
  }

  #answered(told: AnsweredEvent, now: number): Step {
    const answer = this.hop?.answered(told, now) ?? told
    const { status } = answer
    const seat = this.#seat
    if (seat?.state.policy.outlier !== undefined) seat.state.note(seat.host, { kind: 'status', status }, now)
    if (this.#retry?.wantsAfterAnswer(status, answer.headers) === true && answer.canRepeat !== false) {
      const next = this.#retryNow(now)
      if (next !== undefined) return next
    }
    this.#stopRetrying()
    this.#phase = 'final'
    this.status = status
    this.answeredMs = now
    this.details = 'via_upstream'
    const isSilent = this.hop?.isTerse !== false && isTerse(headersOf(this.proxy))
    const serviceMs = isSilent ? undefined : now - this.#attemptMs
    const serverName = this.#serverName ?? this.hop?.serverName
    const own = { serviceMs, serverName, added: this.#answerHeaders, nowMs: now }
    const changes = writtenChanges(this.target?.responseChanges ?? NO_CHANGES, this, now)
    const relayed = withListChanges(relayedHeaders(answer.headers, own), changes)
    const headers = this.#asking?.answered(relayed) ?? relayed
    this.responseHeaders = headers
    const refusal = this.hop?.refusal
    if (refusal !== undefined) return { kind: 'respond', status, headers, body: refusal.body, closes: false }
    return { kind: 'relay', status, headers, timeoutMs: timeLeft(this.#limits, now - this.#timedFromMs) }
  }

  #failed(failure: FailedEvent, now: number): Step {
    const instead = this.hop?.failed(failure, this.proxy.mesh.dice, now)
    if (instead !== undefined) return this.#there(instead, now)
    const seat = this.#seat
    if (failure.how === 'overflow') seat?.overflowed()
    else if (seat?.state.policy.outlier !== undefined) {
      seat.state.note(seat.host, { kind: 'local-failure', timedOut: failure.how === 'timeout' }, now)
    }
    const isTimeUp = failure.how === 'timeout' && isTimeOver(this.#limits, now - this.#timedFromMs)
    const wants = !isTimeUp && this.#retry?.wantsAfterFailure(failure.how, failure.beforeRequest) === true
    if (wants && failure.canRepeat !== false) {
      const next = this.#retryNow(now)
      if (next !== undefined) return next
    }
    this.#stopRetrying()
    this.flags.push(failureWords(failure).flag)
    this.transportFailure = transportFailure(failure)
    return this.#reply(failureReply(failure, { wasRetried: this.attempts > 1, isTimeUp }), now)
  }

  /** Undefined where no retry is left, or none is allowed beside those of other requests. */
  #retryNow(now: number): Step | undefined {
    const retry = this.#retry
    const seat = this.#seat
    if (retry === undefined || seat === undefined) return undefined
    // A retry that is done makes room for its successor.
    this.#stopRetrying()
    if (retry.isSpent || !seat.state.admitsRetry()) {
      this.flags.push(retry.isSpent ? 'URX' : 'UO')
      return undefined
    }
    const { observer, dice } = this.proxy.mesh
    if (observer !== undefined) this.hop?.reportDropped(observer, this, now)
    const pauseMs = retry.next(dice)
    this.#isRetrying = true
    seat.state.activeRetries++
    this.#tried = [...(this.#tried ?? []), seat.host]
    this.#release(now)
    this.#phase = 'pausing'
    return { kind: 'wait', ms: Math.min(pauseMs, timeLeft(this.#limits, now - this.#timedFromMs) || Infinity) }
  }

  /** The route's time may be up before the pause is. */
  #afterPause(now: number): Step {
    const isTimeUp = isTimeOver(this.#limits, now - this.#timedFromMs)
    return isTimeUp ? this.#giveUp('UT', TIME_UP, now) : this.#attempt(now)
  }

  #giveUp(flag: string, reply: LocalReply, now: number): Step {
    this.#stopRetrying()
    this.flags.push(flag)
    return this.#reply(reply, now)
  }

  #reply(reply: LocalReply, now: number): Step {
    this.#phase = 'final'
    this.#release(now)
    this.details = reply.details
    const { headers = NO_HEADERS } = toldBy(this.proxy, reply)
    const step = respondWith(
      { ...reply, headers: [...headers, ...this.#answerHeaders] },
      { isGrpc: this.isGrpc, isHead: this.request.method === 'HEAD', serverName: this.#serverName, nowMs: now },
    )
    this.status = step.status
    this.responseHeaders = this.#asking?.answered(step.headers) ?? step.headers
    return { ...step, headers: this.responseHeaders }
  }

  /** Likely by mistake, what goes out of a sidecar has another name: istio/istio pilot/pkg/networking/util/proxy_headers.go. */
  get #serverName(): string | undefined {
    return serverNameIn(headersOf(this.proxy), this.isGateway ? INBOUND_NAME : 'envoy')
  }

  #noteBreak(ended: Ended, now: number): void {
    const { how } = ended
    const words = breakWords(ended, this.details)
    if (words === undefined) return
    if (!this.flags.includes(words.flag)) this.flags.push(words.flag)
    this.details = words.details
    if (how === 'client-gone' || how === 'malformed' || this.host === undefined) return
    this.cluster?.state.note(this.host, { kind: 'local-failure', timedOut: how === 'timeout' }, now)
  }

  #release(now: number): void {
    this.hop?.leave(now)
    this.#seat?.leave(now)
    this.#seat = undefined
  }

  #stopRetrying(): void {
    if (!this.#isRetrying) return
    this.#isRetrying = false
    if (this.cluster !== undefined) this.cluster.state.activeRetries--
  }
}
