import type { Seat } from '../balance/cluster.ts'
import type { UpstreamHost } from '../balance/upstream-host.ts'
import { callerCertificates, isTerse, makesRequestIds, serverNameIn } from '../config/types/proxy-headers.ts'
import { headerValue, type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { principalOf } from '../registry/workload.ts'
import { INBOUND_RETRY } from '../route/retry.ts'
import { Asking, type AskingOutcome } from './checks/asking.ts'
import { headOf, judged } from './entry.ts'
import { brokenDetails, failureReply, failureWords, transportFailure } from './failure.ts'
import { isGrpc } from './grpc.ts'
import { withCertificate } from './client-certificate.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import type { GuardedConnection } from './guard.ts'
import type { AskingHappened, Hop, HopOf, HopOutcome } from './hop.ts'
import { type HopState, inboundRecord } from './inbound-record.ts'
import type { InboundPort } from './inbound-port.ts'
import { type LocalReply, OVERFLOW, respondWith, tersely } from './local-reply.ts'
import type { HopCaller } from './outbound-state.ts'
import { RetryState } from './retry-state.ts'
import { tellPlaintextRefused } from './refused.ts'
import { RoutedRequest } from './routed-request.ts'
import type { ExchangeObserver } from './records.ts'
import type {
  AnsweredEvent,
  AttemptStep,
  Ended,
  FailedEvent,
  OutgoingHead,
  RespondStep,
  WaitStep,
  UpstreamOptions,
} from './steps.ts'
import { withRequestId } from './request-id.ts'
import { headersOf, INBOUND_NAME } from './server-name.ts'
import { traced } from './traced.ts'

/** Ends that are the caller's, which the called side sees as that of its client. */
const GIVES_UP: ReadonlySet<Ended['how']> = new Set(['client-gone', 'timeout', 'malformed'])

/**
 * What the proxy of the called workload would do, done at once by the caller's: who may come in, whom the application sees,
 * what is told of it. No bytes are encrypted, as none of them leave the process.
 */
export class FusedHop implements HopState, Hop {
  readonly port: InboundPort
  readonly isMutualTls: boolean
  /** The answer of the called side's proxy in place of its application's. */
  refusal: RespondStep | undefined
  policy: string | undefined
  details = ''
  flags: readonly string[] = []
  /** Of the answer; 0: there was none. */
  status = 0
  answeredMs: number | undefined
  responseHeaders: HeaderList = NO_HEADERS
  sentHeaders: HeaderList = NO_HEADERS
  /** What the called side's proxy calls itself. */
  serverName: string | undefined
  /** Whether it says nothing of what it does. */
  isTerse = false
  transportFailure: string | undefined
  startMs = 0
  received: OutgoingHead | undefined
  protocol: UpstreamOptions['protocol'] = 'http1'
  /** How often the application was called. */
  attempts = 0
  /** What was asked for last: one application stands behind the proxy, so that it is the same for each attempt. */
  #asked: AttemptStep | undefined
  #retry: RetryState | undefined
  /** Who else has to agree, and what waits for it. */
  #asking: Asking | undefined
  #waiting: { readonly step: AttemptStep; readonly routed: RoutedRequest } | undefined
  /** Whether the called side's proxy has seen a request at all, and has not told of it yet. */
  #isToTell = false
  /** Where connections to the application are limited: the one that it has, or waits for. */
  #seat: Seat | undefined
  #isQueued = false

  private constructor(port: InboundPort, isMutualTls: boolean) {
    this.port = port
    this.isMutualTls = isMutualTls
  }

  /** Undefined where the other side has no proxy in this process, or is asked for TLS that it cannot end here. */
  static between({ proxy }: Pick<HopCaller, 'proxy'>, host: UpstreamHost): FusedHop | undefined {
    const { mesh } = proxy
    const { workload, transport, address, port } = host
    if (workload?.hasSidecar !== true || workload.type === 'gateway' || transport === 'tls') return undefined
    if (!mesh.fuses(host)) return undefined
    return new FusedHop(mesh.proxyOf(workload).inboundPort(address, port), transport === 'mtls')
  }

  enter(step: AttemptStep, caller: HopCaller, now: number): HopOutcome {
    this.startMs = now
    const { port } = this
    const { mesh } = caller.proxy
    const called = { mesh, workload: port.workload }
    const own = headersOf(called)
    this.serverName = serverNameIn(own, INBOUND_NAME)
    this.isTerse = isTerse(own)
    if (this.isMutualTls && port.mode === 'DISABLE') {
      return { kind: 'failed', how: 'tls', beforeRequest: true, reason: 'wrong version number' }
    }
    // A listener that has no filter chain for plain bytes closes the connection.
    if (!this.isMutualTls && port.mode === 'STRICT') {
      tellPlaintextRefused(caller, { ...port, address: step.endpoint.address }, now)
      return { kind: 'failed', how: 'closed', beforeRequest: false }
    }
    this.#isToTell = true
    this.received = step.head
    this.protocol = step.upstream.protocol
    const shown = this.isMutualTls ? certificateHeader(port, caller.proxy) : undefined
    const known = withCertificate(step.head.headers, callerCertificates(own), shown)
    // Callers have seen to that, unless they are not to.
    const isNamed = makesRequestIds(headersOf(caller.proxy)) || !makesRequestIds(own)
    const headers = traced(called, 'server', isNamed ? known : withRequestId(known, mesh.dice))
    this.sentHeaders = headers
    const { guard } = port
    const { method, scheme, authority, target } = step.head
    if (guard === undefined) return this.#pass(step, { method, scheme, authority, target, headers }, now)
    const routed = new RoutedRequest({ ...step.head, version: 'HTTP/1.1' }, { scheme, target, headers })
    routed.clientAddress = lastForwarded(headers)
    const guarded = this.#guarded(step, caller, routed.clientAddress)
    if (guard.nextCheck(guarded, routed, 0) === undefined) {
      return this.#entered(judged(guard, guarded, { routed, now }), { step, routed, now })
    }
    this.#waiting = { step, routed }
    const { connection, checksDeep } = caller
    const version = step.upstream.protocol === 'http2' ? 'HTTP/2' : 'HTTP/1.1'
    const request = { routed, version, receivedMs: now, isRouted: always } as const
    const proxy = mesh.proxyOf(port.workload)
    this.#asking = new Asking({ proxy, guard, connection, guarded, request, checksDeep, hopOf })
    return this.#entered(this.#asking.start(now), { step, routed, now })
  }

  /** What became of what was to be done before the application is called, or called again. */
  heard(happened: AskingHappened, now: number): HopOutcome {
    if (this.#isQueued) return this.#turn(happened, now)
    const waiting = this.#waiting
    if (waiting === undefined || this.#asking === undefined) return this.#call(now)
    const { step } = waiting
    // The caller's patience is at an end before that with who is asked is.
    const isTimeUp = step.timeoutMs !== 0 && now - this.startMs >= step.timeoutMs
    if (isTimeUp && happened.kind === 'failed' && happened.how === 'timeout') {
      this.#asking.drop(now)
      return { kind: 'failed', how: 'timeout', beforeRequest: false }
    }
    return this.#entered(this.#asking.on(happened, now), { ...waiting, now })
  }

  /** The caller's client has gone. */
  drop(now: number): void {
    this.#asking?.drop(now)
  }

  leave(now: number): void {
    this.#seat?.leave(now)
    this.#seat = undefined
  }

  #guarded(
    { endpoint, upstream }: AttemptStep,
    { proxy: { workload }, connection: { source } }: HopCaller,
    clientAddress: string | undefined,
  ): GuardedConnection {
    return {
      principal: this.isMutualTls ? principalOf(workload) : undefined,
      sourceAddress: workload.addresses[0] ?? source.address,
      clientAddress,
      destinationAddress: endpoint.address,
      destinationPort: this.port.port,
      sni: this.isMutualTls ? upstream.tls?.sni : undefined,
    }
  }

  #entered(
    outcome: AskingOutcome,
    { step, routed, now }: { readonly step: AttemptStep; readonly routed: RoutedRequest; readonly now: number },
  ): HopOutcome {
    switch (outcome.kind) {
      case 'passed':
        this.#waiting = undefined
        return this.#pass(step, headOf(this.#asking?.routed ?? routed), now)
      case 'refused':
        this.policy = outcome.policy
        this.flags = outcome.flags
        return this.#refuse(outcome.reply, step.head, now)
      case 'check':
      case 'queue': {
        const { timeoutMs } = this.#withTimeLeft(step, now)
        const isOwnShorter = timeoutMs === 0 || (outcome.timeoutMs > 0 && timeoutMs > outcome.timeoutMs)
        return isOwnShorter ? outcome : { ...outcome, timeoutMs }
      }
      default:
        return outcome
    }
  }

  #pass(step: AttemptStep, head: OutgoingHead, now: number): HopOutcome {
    const { kind, timeoutMs } = step
    const { port } = this
    this.sentHeaders = head.headers
    const upstream = port.wayFor(step.upstream.protocol)
    this.#asked = { kind, endpoint: port.host, head, timeoutMs, upstream, mayRepeat: true }
    return this.#call(now)
  }

  /** Once there is a connection to the application, where they are limited. */
  #call(now: number): HopOutcome {
    const asked = this.#asked
    if (asked === undefined) return { kind: 'failed', how: 'closed', beforeRequest: true }
    const { state, host } = this.port
    if (state !== undefined) {
      const seat = state.seat(host, asked.upstream.protocol, now)
      if (seat === undefined) return this.#overflow(asked, now)
      this.#seat = seat
      if (seat.isWaiting) return this.#queue(asked, seat, now)
    }
    this.attempts++
    return this.#withTimeLeft(asked, now)
  }

  #queue(asked: AttemptStep, turn: Seat, now: number): HopOutcome {
    this.#isQueued = true
    return { kind: 'queue', turn, timeoutMs: this.#withTimeLeft(asked, now).timeoutMs }
  }

  /** It has waited for a connection, and has one, or was not patient enough. */
  #turn(happened: AskingHappened, now: number): HopOutcome {
    const [asked, seat] = [this.#asked, this.#seat]
    this.#isQueued = false
    if (asked === undefined || seat === undefined || happened.kind === 'failed') {
      return { kind: 'failed', how: 'timeout', beforeRequest: false }
    }
    if (seat.isWaiting) return this.#queue(asked, seat, now)
    if (!seat.take(now)) return this.#overflow(asked, now)
    this.attempts++
    return this.#withTimeLeft(asked, now)
  }

  #overflow({ head }: AttemptStep, now: number): AnsweredEvent {
    this.flags = ['UO']
    return this.#refuse(OVERFLOW, head, now)
  }

  /** The caller's time began when its request entered, and goes on whatever the called side does. */
  #withTimeLeft(step: AttemptStep, now: number): AttemptStep {
    const { timeoutMs } = step
    if (timeoutMs === 0 || now === this.startMs) return step
    return { ...step, timeoutMs: Math.max(1, timeoutMs - (now - this.startMs)) }
  }

  /** As the caller sees it: those who were asked may have something to say to it. */
  answered(answer: AnsweredEvent, now: number): AnsweredEvent {
    const isOwn = this.refusal !== undefined
    const headers = (isOwn ? undefined : this.#asking?.answered(answer.headers)) ?? answer.headers
    this.status = answer.status
    this.responseHeaders = headers
    if (!isOwn) {
      this.answeredMs = now
      this.details = 'via_upstream'
    }
    return headers === answer.headers ? answer : { ...answer, headers }
  }

  /**
   * The application gave no answer: it is called again, or the proxy before it answers in its place. Undefined where no
   * proxy has seen the request, and where it is the caller whose patience is at an end: then its client has gone.
   */
  failed(failure: FailedEvent, dice: () => number, now: number): WaitStep | AnsweredEvent | undefined {
    const asked = this.#asked
    if (asked === undefined || failure.how === 'timeout') return undefined
    if (failure.how === 'overflow') this.#seat?.overflowed()
    this.leave(now)
    const retry = (this.#retry ??= new RetryState(INBOUND_RETRY))
    const wants = retry.wantsAfterFailure(failure.how, failure.beforeRequest) && failure.canRepeat !== false
    if (wants && !retry.isSpent) return { kind: 'wait', ms: retry.next(dice) }
    const { flag } = failureWords(failure)
    this.flags = wants ? ['URX', flag] : [flag]
    this.transportFailure = transportFailure(failure)
    return this.#refuse(failureReply(failure, { wasRetried: this.attempts > 1 }), asked.head, now)
  }

  #refuse(reply: LocalReply, head: OutgoingHead, now: number): AnsweredEvent {
    this.details = reply.details
    this.refusal = respondWith(this.isTerse ? tersely(reply) : reply, {
      isGrpc: isGrpc(headerValue(head.headers, 'content-type')),
      isHead: head.method === 'HEAD',
      serverName: this.serverName,
      nowMs: now,
    })
    const { status, headers } = this.refusal
    return { kind: 'answered', status, headers: this.#asking?.answered(headers) ?? headers, isWhole: true }
  }

  /** Tells what became of one attempt, once. */
  report(observer: ExchangeObserver, exchange: HopCaller, at: { readonly ended: Ended; readonly now: number }): void {
    if (!this.#isToTell) return
    this.#isToTell = false
    this.#noteEnd(at.ended.how)
    observer.exchange(inboundRecord(this, exchange, { ...at, ended: this.#endedHere(at.ended) }))
  }

  /** Nobody has counted what went to and fro, and most say how much it is. */
  reportDropped(observer: ExchangeObserver, exchange: HopCaller, now: number): void {
    const requestBytes = lengthIn(exchange.request.headers)
    const hasBody = exchange.request.method !== 'HEAD' && this.status !== 204 && this.status !== 304
    const responseBytes = hasBody ? lengthIn(this.responseHeaders) : 0
    this.report(observer, exchange, { ended: { how: 'complete', requestBytes, responseBytes }, now })
  }

  /** What the caller says of its own end, as the called side sees it: whose caller gives up, has lost its client. */
  #endedHere(ended: Ended): Ended {
    if (this.status === 0) return { ...ended, how: 'client-gone', responseBytes: 0 }
    return GIVES_UP.has(ended.how) ? { ...ended, how: 'client-gone' } : ended
  }

  #noteEnd(how: Ended['how']): void {
    if (this.status === 0 || GIVES_UP.has(how)) {
      this.flags = [...this.flags, 'DC']
      this.details = 'downstream_remote_disconnect'
    } else if (how !== 'complete') {
      this.flags = [...this.flags, how === 'protocol' ? 'UPE' : 'UC']
      this.details = brokenDetails(how)
    }
  }
}

function lengthIn(headers: HeaderList): number {
  return Number(headerValue(headers, 'content-length') ?? 0)
}

export const hopOf: HopOf = (caller, host) => FusedHop.between(caller, host)

/** Whatever comes to a workload is for it. */
export function always(): boolean {
  return true
}

function certificateHeader({ workload }: InboundPort, { mesh, workload: caller }: ExchangeProxy): string {
  const subject = mesh.certificateText?.(caller) ?? `Subject="";URI=spiffe://${principalOf(caller)}`
  return `By=spiffe://${principalOf(workload)};${subject}`
}

/** The proxy of a workload believes the last who forwarded: envoyproxy/envoy `use_remote_address` off. */
export function lastForwarded(headers: HeaderList): string | undefined {
  return headerValue(headers, 'x-forwarded-for')?.split(',').at(-1)?.trim()
}
