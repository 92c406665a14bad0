import type { ExternalAuthorizer } from '../../authorize/external-authorizer.ts'
import type { ExternalCheck } from '../../authorize/external.ts'
import { DENIED_BODY } from '../../authorize/verdict.ts'
import { type HeaderList, headerValue, NO_HEADERS } from '../../route/header-list.ts'
import { principalOf } from '../../registry/workload.ts'
import type { ExchangeProxy } from '../exchange-proxy.ts'
import type { Guard, GuardedConnection } from '../guard.ts'
import type { AskingHappened, AskingStep, HopOf } from '../hop.ts'
import type { LocalReply } from '../local-reply.ts'
import type { RoutedRequest } from '../routed-request.ts'
import { traceHeaders } from '../traced.ts'
import type { GatheredEvent, IncomingConnection, IncomingRequest } from '../steps.ts'
import { type Entry, judged, judgedConnection, PASSED } from '../entry.ts'
import { changedRequest } from './changed-request.ts'
import type { CheckedBody, CheckSubject } from './check-subject.ts'
import { type Consent, UNREACHABLE } from './consent.ts'
import { type FieldChange, isSound, withFieldChanges } from './field-change.ts'
import { grpcConsent, grpcQuestion } from './grpc-check.ts'
import { httpConsent, httpQuestion } from './http-check.ts'
import { type CallOutcome, ProxyCall } from './proxy-call.ts'

/** What is asked about, and who asks. */
export interface AskedCall {
  readonly proxy: ExchangeProxy
  readonly guard: Guard
  readonly connection: IncomingConnection
  readonly guarded: GuardedConnection
  /** Undefined for bytes that are no HTTP. */
  readonly request: AskedRequest | undefined
  /** Of how many checks this is itself a part: who decides about requests may have proxies that ask about them. */
  readonly checksDeep: number
  readonly hopOf: HopOf
}

export interface AskedRequest {
  readonly routed: RoutedRequest
  readonly version: IncomingRequest['version']
  readonly receivedMs: number
  /** Where a request leads nowhere, nobody outside is asked about it. */
  isRouted(routed: RoutedRequest): boolean
}

export type AskingOutcome = AskingStep | Entry

/** Who is asked just now, because of which rule. */
interface Asked {
  readonly check: ExternalCheck
  readonly provider: ExternalAuthorizer
}

/** An authorizer whose own proxy asks an authorizer, and so on: who asks in a circle waits for ever, and is refused here. */
const CHECKS_DEEP_MAX = 4

/** Envoy's flag for what others refused. */
const EXTERNAL_FLAGS = ['UAEX']
const NO_FLAGS: readonly string[] = []
const FORBIDDEN = 403
const TOO_LONG: LocalReply = { status: 413, body: 'Payload Too Large', details: 'request_payload_too_large' }
const INVALID: LocalReply = { status: 500, body: '', details: 'ext_authz_invalid' }

/**
 * Asks those outside of the mesh who have to agree to a request or a connection, one after the other, until one does not;
 * then the policies of the proxy itself. Rules: envoyproxy/envoy source/extensions/filters/http/ext_authz/ext_authz.cc.
 */
export class Asking {
  readonly #call: AskedCall
  /** As those who have been asked want it to go on. */
  routed: RoutedRequest | undefined
  /** Whether where it goes was decided by what they have changed since. */
  clearsRoute = false
  /** What they want to become of the answer. */
  #response: readonly FieldChange[] = []
  #next = 0
  #asked: Asked | undefined
  #own: ProxyCall | undefined
  #outcome: AskingOutcome = PASSED

  constructor(call: AskedCall) {
    this.#call = call
    this.routed = call.request?.routed
  }

  start(now: number): AskingOutcome {
    this.#outcome = this.#goOn(now)
    return this.#outcome
  }

  /** What comes out of turn changes nothing. */
  on(happened: AskingHappened, now: number): AskingOutcome {
    const asked = this.#asked
    if (asked === undefined) return this.#outcome
    if (happened.kind === 'gathered') this.#outcome = this.#gathered(asked, happened, now)
    else if (this.#own !== undefined) this.#outcome = this.#heard(asked, this.#own.on(happened, now), now)
    return this.#outcome
  }

  /** Headers of the answer, whoever gives it, as those who have been asked want them. */
  answered(headers: HeaderList): HeaderList {
    return withFieldChanges(headers, this.#response)
  }

  /** Nobody waits for it any more. */
  drop(now: number): void {
    this.#own?.drop(now)
  }

  #goOn(now: number): AskingOutcome {
    const { guard, guarded, request } = this.#call
    this.#asked = undefined
    for (;;) {
      const found = guard.nextCheck(guarded, this.routed, this.#next)
      if (found === undefined) return this.#judge(now)
      this.#next = found.next
      const { check } = found
      const { provider } = check
      if (provider === undefined) return refusal(check, forbidden(check), NO_FLAGS)
      const { routed } = this
      if (request !== undefined && routed !== undefined && !request.isRouted(routed)) continue
      const asked = { check, provider }
      this.#asked = asked
      const { body } = provider
      if (body === undefined || routed === undefined || isUpgrade(routed)) return this.#ask(asked, undefined, now)
      return { kind: 'gather', maxBytes: body.maxBytes, takesPart: body.takesPart }
    }
  }

  /** All have agreed: now the proxy's own policies are asked. */
  #judge(now: number): Entry {
    const { guard, guarded } = this.#call
    return this.routed === undefined
      ? judgedConnection(guard, guarded)
      : judged(guard, guarded, { routed: this.routed, now })
  }

  #gathered(asked: Asked, { bytes, totalBytes }: GatheredEvent, now: number): AskingOutcome {
    const { body } = asked.provider
    if (body?.takesPart === false && totalBytes > body.maxBytes) return refusal(asked.check, TOO_LONG, NO_FLAGS)
    return this.#ask(asked, bytes && { bytes, totalBytes }, now)
  }

  #ask(asked: Asked, body: CheckedBody | undefined, now: number): AskingOutcome {
    const { proxy, connection, checksDeep, hopOf } = this.#call
    if (checksDeep >= CHECKS_DEEP_MAX) return this.#consented(asked, UNREACHABLE, now)
    const { provider } = asked
    const { cluster, timeoutMs, http } = provider
    const subject = this.#subject(body)
    const { request } = subject
    const isHttp = http !== undefined && request !== undefined
    const question = isHttp ? httpQuestion(http, request) : grpcQuestion(provider, subject)
    const by = { cluster, timeoutMs, isGrpc: !isHttp, checksDeep: checksDeep + 1, connection, hopOf }
    const told = this.routed === undefined ? NO_HEADERS : traceHeaders(proxy, this.routed.list)
    this.#own = new ProxyCall(proxy, question, { ...by, traceHeaders: told })
    return this.#heard(asked, this.#own.start(now), now)
  }

  #heard(asked: Asked, outcome: CallOutcome, now: number): AskingOutcome {
    switch (outcome.kind) {
      case 'check':
      case 'queue':
      case 'wait':
        return outcome
      case 'failed':
        return this.#consented(asked, UNREACHABLE, now)
      case 'checked': {
        const { http } = asked.provider
        return this.#consented(asked, http === undefined ? grpcConsent(outcome) : httpConsent(http, outcome), now)
      }
    }
  }

  #consented({ check, provider }: Asked, consent: Consent, now: number): AskingOutcome {
    this.#own = undefined
    switch (consent.kind) {
      case 'refused':
        return refusal(check, consent.reply, EXTERNAL_FLAGS)
      case 'unreachable':
        if (provider.failsOpen) return this.#goOn(now)
        return refusal(check, { status: provider.statusOnError, body: '', details: 'ext_authz_error' }, EXTERNAL_FLAGS)
      case 'allowed':
        if (!this.#take(provider, consent)) return refusal(check, INVALID, EXTERNAL_FLAGS)
        return this.#goOn(now)
    }
  }

  /** False for what cannot be said in HTTP. */
  #take({ clearsRoute }: ExternalAuthorizer, consent: Extract<Consent, { readonly kind: 'allowed' }>): boolean {
    const { routed } = this
    if (routed === undefined) return true
    const next = changedRequest(routed, consent)
    if (next === undefined || !consent.response.every(isSound)) return false
    if (next !== routed && clearsRoute) this.clearsRoute = true
    this.routed = next
    this.#response = [...this.#response, ...consent.response]
    return true
  }

  #subject(body: CheckedBody | undefined): CheckSubject {
    const { proxy, connection, guarded, request } = this.#call
    const { routed } = this
    const { principal } = guarded
    return {
      source: {
        address: guarded.sourceAddress,
        port: connection.source.port,
        principal: principal === undefined ? '' : `spiffe://${principal}`,
      },
      destination: {
        address: guarded.destinationAddress,
        port: guarded.destinationPort,
        principal: principal === undefined ? '' : `spiffe://${principalOf(proxy.workload)}`,
      },
      serverName: guarded.sni ?? '',
      request: routed && {
        id: String(Math.floor(proxy.mesh.dice() * Number.MAX_SAFE_INTEGER)),
        receivedMs: request?.receivedMs ?? 0,
        method: routed.method,
        scheme: routed.scheme,
        authority: routed.authority,
        target: routed.target,
        headers: routed.list,
        version: request?.version ?? 'HTTP/1.1',
        body,
      },
    }
  }
}

function refusal({ refused }: ExternalCheck, reply: LocalReply, flags: readonly string[]): AskingOutcome {
  return { kind: 'refused', reply, policy: refused.policy, flags }
}

/** Nobody can be asked: a rule refuses in place of who should have been. */
function forbidden({ refused: { details = '' } }: ExternalCheck): LocalReply {
  return { status: FORBIDDEN, body: DENIED_BODY, details, headers: NO_HEADERS }
}

function isUpgrade({ list }: RoutedRequest): boolean {
  return headerValue(list, 'upgrade')?.toLowerCase() === 'websocket'
}
