import { type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import type { LocalReply } from './local-reply.ts'
import type { Ended, FailedEvent, LostEvent } from './steps.ts'

/** Envoy's response flag, status and words for an attempt that brought no answer. */
export interface FailureWords {
  readonly flag: string
  readonly status: number
  readonly reason: string
}

const OVERLOADED: HeaderList = ['x-envoy-overloaded', 'true']

/** envoyproxy/envoy source/common/router/router.cc and source/common/http/utility.cc, `resetReasonToString`. */
export function failureWords({ how }: Pick<FailedEvent, 'how'>): FailureWords {
  switch (how) {
    case 'connect':
    case 'tls':
      return { flag: 'UF', status: 503, reason: 'remote connection failure' }
    case 'connect-timeout':
      return { flag: 'UF', status: 503, reason: 'connection timeout' }
    case 'closed':
      return { flag: 'UC', status: 503, reason: 'connection termination' }
    case 'reset':
      return { flag: 'UR', status: 503, reason: 'remote reset' }
    case 'refused-stream':
      return { flag: 'UR', status: 503, reason: 'remote refused stream reset' }
    case 'protocol':
      return { flag: 'UPE', status: 502, reason: 'protocol error' }
    case 'overflow':
      return { flag: 'UO', status: 503, reason: 'overflow' }
    case 'timeout':
      return { flag: 'UT', status: 504, reason: 'response timeout' }
  }
}

/** The proxy's answer in place of the one that never came. `isTimeUp`: of the whole request, and not of one attempt alone. */
export function failureReply(
  failure: FailedEvent,
  { wasRetried, isTimeUp = true }: { readonly wasRetried: boolean; readonly isTimeUp?: boolean },
): LocalReply {
  const { status } = failureWords(failure)
  // Who is one too many is not to come again at once.
  const headers = failure.how === 'overflow' ? OVERLOADED : NO_HEADERS
  return { status, body: failureBody(failure, wasRetried), details: failureDetails(failure, isTimeUp), headers }
}

/** The body of the proxy's answer in place of the one that never came. */
export function failureBody(failure: FailedEvent, wasRetried: boolean): string {
  if (failure.how === 'timeout') return 'upstream request timeout'
  const latest = wasRetried ? 'retried and the latest ' : ''
  const transport = transportReason(failure)
  const why = transport === undefined ? '' : `, transport failure reason: ${transport}`
  return `upstream connect error or disconnect/reset before headers. ${latest}reset reason: ${failureWords(failure).reason}${why}`
}

/**
 * As an access log shows it: envoyproxy/envoy source/common/router/router.cc, `onUpstreamReset`. `isTimeUp`: of the whole
 * request, and not of one attempt alone.
 */
export function failureDetails(failure: FailedEvent, isTimeUp = true): string {
  if (failure.how === 'timeout') return isTimeUp ? 'response_timeout' : 'upstream_per_try_timeout'
  const transport = transportFailure(failure)
  const reason = failureWords(failure).reason.replaceAll(' ', '_')
  return `upstream_reset_before_response_started{${reason}${transport === undefined ? '' : `|${transport}`}}`
}

/** The same where the head of an answer had been passed on before. */
export function brokenDetails(how: Ended['how']): string {
  return `upstream_reset_after_response_started{${how === 'protocol' ? 'protocol_error' : 'connection_termination'}}`
}

export interface BreakWords {
  readonly flag: string
  readonly details: string
}

/** The same where the exchange itself was told of it. */
export function lossWords(lost: LostEvent): BreakWords {
  if (lost.kind === 'malformed') return { flag: 'DPE', details: lost.details }
  return { flag: 'DC', details: 'downstream_remote_disconnect' }
}

/** How a record tells of an exchange that ended in the middle: Envoy's response flag, and its word for why. */
export function breakWords({ how, violation }: Ended, details: string): BreakWords | undefined {
  switch (how) {
    case 'complete':
      return undefined
    case 'malformed':
      return { flag: 'DPE', details: violation ?? details }
    case 'client-gone':
      return { flag: 'DC', details: details === 'via_upstream' ? 'downstream_remote_disconnect' : details }
    case 'timeout':
      return { flag: 'UT', details: 'response_timeout' }
    case 'protocol':
      return { flag: 'UPE', details: brokenDetails(how) }
    case 'upstream-gone':
      return { flag: 'UC', details: brokenDetails(how) }
  }
}

/** What TLS or the system said, as an access log shows it. */
export function transportFailure(failure: FailedEvent): string | undefined {
  return transportReason(failure)?.replaceAll(/\s/g, '_')
}

function transportReason({ how, reason }: FailedEvent): string | undefined {
  if (reason === undefined || reason === '') return undefined
  if (how === 'connect') return `delayed connect error: ${reason}`
  return how === 'tls' ? `TLS_error:${reason}` : undefined
}
