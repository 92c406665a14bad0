import type { UpstreamHost } from '../balance/upstream-host.ts'
import { headerValue, type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { withListChanges } from '../route/headers.ts'
import { principalOf } from '../registry/workload.ts'
import { INBOUND_RETRY } from '../route/retry.ts'
import { brokenDetails, failureBody, failureDetails, failureWords, transportFailure } from './failure.ts'
import { isGrpc } from './grpc.ts'
import { type HopState, inboundRecord } from './inbound-record.ts'
import type { InboundPort } from './inbound-port.ts'
import { type LocalReply, respondWith } from './local-reply.ts'
import type { OutboundState } from './outbound-state.ts'
import { RetryState } from './retry-state.ts'
import { RoutedRequest } from './routed-request.ts'
import type {
  AnsweredEvent,
  AttemptStep,
  Ended,
  ExchangeObserver,
  FailedEvent,
  OutgoingHead,
  RespondStep,
  WaitStep,
} from './steps.ts'
import { traced } from './traced.ts'

/**
 * What the proxy of the called workload would do, done at once by the caller's: who may come in, whom the application sees,
 * what is told of it. No bytes are encrypted, as none of them leave the process.
 */
export class FusedHop implements HopState {
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
  transportFailure: string | undefined
  startMs = 0
  /** How often the application was called. */
  attempts = 0
  /** What was asked for last: one application stands behind the proxy, so that it is the same for each attempt. */
  #asked: AttemptStep | undefined
  #retry: RetryState | undefined
  /** Whether the called side's proxy has seen a request at all, and has not told of it yet. */
  #isToTell = false

  private constructor(port: InboundPort, isMutualTls: boolean) {
    this.port = port
    this.isMutualTls = isMutualTls
  }

  /** Undefined where the other side has no proxy in this process, or is asked for TLS that it cannot end here. */
  static between({ proxy }: OutboundState, host: UpstreamHost): FusedHop | undefined {
    const { mesh } = proxy
    const { workload, transport, address, port } = host
    if (workload?.hasSidecar !== true || workload.type === 'gateway' || transport === 'tls') return undefined
    if (!mesh.fuses(host)) return undefined
    return new FusedHop(mesh.proxyOf(workload).inboundPort(address, port), transport === 'mtls')
  }

  enter(
    step: AttemptStep,
    { proxy, connection }: OutboundState,
    now: number,
  ): AttemptStep | AnsweredEvent | FailedEvent {
    this.startMs = now
    const { port } = this
    if (this.isMutualTls && port.mode === 'DISABLE') {
      return { kind: 'failed', how: 'tls', beforeRequest: true, reason: 'wrong version number' }
    }
    // A listener that has no filter chain for plain bytes closes the connection.
    if (!this.isMutualTls && port.mode === 'STRICT') return { kind: 'failed', how: 'closed', beforeRequest: false }
    this.#isToTell = true
    const caller = principalOf(proxy.workload)
    let { headers, target } = step.head
    if (this.isMutualTls) headers = [...headers, 'x-forwarded-client-cert', certificateHeader(port, caller)]
    headers = traced({ mesh: proxy.mesh, workload: port.workload }, 'server', headers)
    const { guard } = port
    if (guard !== undefined) {
      const { scheme } = step.head
      const routed = new RoutedRequest({ ...step.head, version: 'HTTP/1.1' }, { scheme, target, headers })
      routed.clientAddress = lastForwarded(headers)
      const verdict = guard.request(
        {
          principal: this.isMutualTls ? caller : undefined,
          sourceAddress: proxy.workload.addresses[0] ?? connection.source.address,
          clientAddress: routed.clientAddress,
          destinationAddress: step.endpoint.address,
          destinationPort: port.port,
          sni: this.isMutualTls ? step.upstream.tls?.sni : undefined,
        },
        routed,
        now,
      )
      if (!verdict.allowed) {
        const { reply, policy, flags } = verdict
        this.policy = policy
        this.flags = flags
        return this.#refuse(reply, step.head, now)
      }
      headers = withListChanges(headers, verdict.changes)
      routed.query = verdict.query
      target = routed.target
    }
    this.sentHeaders = headers
    const upstream = port.wayFor(step.upstream.protocol)
    const { method, scheme, authority } = step.head
    const { kind, timeoutMs, mirrors } = step
    const head = { method, scheme, authority, target, headers }
    this.attempts = 1
    this.#asked = { kind, endpoint: port.host, head, timeoutMs, upstream, mayRepeat: true, mirrors }
    return this.#asked
  }

  answered({ status, headers }: AnsweredEvent, now: number): void {
    this.status = status
    this.responseHeaders = headers
    if (this.refusal !== undefined) return
    this.answeredMs = now
    this.details = 'via_upstream'
  }

  /**
   * The application gave no answer: it is called again, or the proxy before it answers in its place. Undefined where no
   * proxy has seen the request, and where it is the caller whose patience is at an end: then its client has gone.
   */
  failed(failure: FailedEvent, dice: () => number, now: number): WaitStep | AnsweredEvent | undefined {
    const asked = this.#asked
    if (asked === undefined || failure.how === 'timeout') return undefined
    const retry = (this.#retry ??= new RetryState(INBOUND_RETRY))
    const wants = retry.wantsAfterFailure(failure.how, failure.beforeRequest) && failure.canRepeat !== false
    if (wants && !retry.isSpent) return { kind: 'wait', ms: retry.next(dice) }
    const { flag, status } = failureWords(failure)
    this.flags = wants ? ['URX', flag] : [flag]
    this.transportFailure = transportFailure(failure)
    const body = failureBody(failure, this.attempts > 1)
    return this.#refuse({ status, body, details: failureDetails(failure) }, asked.head, now)
  }

  /** After a pause that it asked for. The caller's time has gone on meanwhile. */
  again(now: number): AttemptStep | undefined {
    const asked = this.#asked
    if (asked === undefined) return undefined
    this.attempts++
    const timeoutMs = asked.timeoutMs === 0 ? 0 : Math.max(1, asked.timeoutMs - (now - this.startMs))
    return { ...asked, timeoutMs, mirrors: [] }
  }

  /** A caller whose time is up leaves. */
  #noteEnd(how: Ended['how']): void {
    if (this.status === 0 || how === 'client-gone' || how === 'timeout') {
      this.flags = [...this.flags, 'DC']
      this.details = 'downstream_remote_disconnect'
    } else if (how !== 'complete') {
      this.flags = [...this.flags, how === 'protocol' ? 'UPE' : 'UC']
      this.details = brokenDetails(how)
    }
  }

  #refuse(reply: LocalReply, head: OutgoingHead, now: number): AnsweredEvent {
    this.details = reply.details
    this.refusal = respondWith(reply, {
      isGrpc: isGrpc(headerValue(head.headers, 'content-type')),
      isHead: head.method === 'HEAD',
      serverName: 'istio-envoy',
      nowMs: now,
    })
    const { status, headers } = this.refusal
    return { kind: 'answered', status, headers, isWhole: true }
  }

  /** Tells what became of one attempt, once. */
  report(
    observer: ExchangeObserver,
    exchange: OutboundState,
    at: { readonly ended: Ended; readonly now: number },
  ): void {
    if (!this.#isToTell) return
    this.#isToTell = false
    this.#noteEnd(at.ended.how)
    observer.exchange(inboundRecord(this, exchange, at))
  }
}

function certificateHeader({ workload }: InboundPort, caller: string): string {
  return `By=spiffe://${principalOf(workload)};Subject="";URI=spiffe://${caller}`
}

/** The proxy of a workload believes the last who forwarded: envoyproxy/envoy `use_remote_address` off. */
export function lastForwarded(headers: HeaderList): string | undefined {
  return headerValue(headers, 'x-forwarded-for')?.split(',').at(-1)?.trim()
}
