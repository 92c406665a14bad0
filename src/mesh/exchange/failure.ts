import type { FailedEvent } from './steps.ts'

/** Envoy's response flag, status and words for an attempt that brought no answer. */
export interface FailureWords {
  readonly flag: string
  readonly status: number
  readonly reason: string
}

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
    case 'timeout':
      return { flag: 'UT', status: 504, reason: 'response timeout' }
  }
}

/** The body of the proxy's answer in place of the one that never came. */
export function failureBody(failure: FailedEvent, wasRetried: boolean): string {
  if (failure.how === 'timeout') return 'upstream request timeout'
  const latest = wasRetried ? 'retried and the latest ' : ''
  return `upstream connect error or disconnect/reset before headers. ${latest}reset reason: ${failureWords(failure).reason}${transportWords(failure)}`
}

/** What TLS or the system said. */
export function transportWords({ how, reason }: FailedEvent): string {
  if (reason === undefined || reason === '') return ''
  if (how === 'connect') return `, transport failure reason: delayed connect error: ${reason}`
  return how === 'tls' ? `, transport failure reason: TLS_error:${reason}` : ''
}

/** As an access log shows it. */
export function failureDetails(failure: FailedEvent): string {
  const { reason } = failureWords(failure)
  return `upstream_reset_before_response_started{${reason.replaceAll(' ', '_')}}`
}
