import type {
  Ended,
  Endpoint,
  Happened,
  HttpExchange,
  IncomingRequest,
  CopySeat,
  MirrorCopy,
  RespondStep,
  Step,
  UpstreamOptions,
} from '../../src/mesh/exchange/steps.ts'

export interface Forwarding {
  readonly endpoint: Endpoint
  readonly upstream: UpstreamOptions
  /** How often a request that failed, or was answered with 503, is sent again. */
  readonly retries?: number
  readonly timeoutMs?: number
  readonly delayMs?: number
  readonly mirrors?: readonly MirrorCopy[]
  onEnded?(ended: Ended, request: IncomingRequest, happened: readonly Happened[]): void
}

/** Of a copy that nobody holds back. */
export const FREE_SEAT: CopySeat = {
  isWaiting: false,
  take: () => true,
  onTurn: () => undefined,
  leave: () => undefined,
}

export const PLAINTEXT: UpstreamOptions = {
  cluster: 'outbound|80||backend.shop.svc.cluster.local',
  transport: 'plaintext',
  protocol: 'http1',
  connectTimeoutMs: 60_000,
  requestsPerConnectionMax: 0,
  idleTimeoutMs: 60_000,
}

/** Sends every request to one endpoint: the least that an exchange can decide. */
export function forwardingExchange(request: IncomingRequest, forwarding: Forwarding): HttpExchange {
  const { endpoint, upstream, retries = 0, timeoutMs = 0, delayMs = 0, mirrors = [] } = forwarding
  const happened: Happened[] = []
  let attempts = 0

  function attempt(): Step {
    attempts++
    const { method, scheme, authority, target, headers } = request
    const head = { method, scheme, authority, target, headers }
    const mayRepeat = attempts <= retries
    return { kind: 'attempt', endpoint, head, timeoutMs, upstream, mayRepeat }
  }

  return {
    start: () =>
      delayMs > 0
        ? { kind: 'wait', ms: delayMs }
        : mirrors.length > 0
          ? { kind: 'mirror', copies: mirrors }
          : attempt(),
    on(event) {
      happened.push(event)
      switch (event.kind) {
        case 'waited':
        case 'gathered':
        case 'checked':
          return attempt()
        case 'client-gone':
          return { kind: 'close' }
        case 'malformed':
          return event.isHeard ? respond(400, event.details) : { kind: 'close' }
        case 'answered': {
          const { status, headers, canRepeat = true } = event
          return status === 503 && attempts <= retries && canRepeat
            ? attempt()
            : { kind: 'relay', status, headers, timeoutMs }
        }
        case 'failed':
          if (attempts <= retries && event.canRepeat !== false) return { kind: 'wait', ms: 1 }
          return respond(event.how === 'timeout' ? 504 : 503, event.how)
      }
    },
    ended: (ended) => forwarding.onEnded?.(ended, request, happened),
  }
}

function respond(status: number, body: string): RespondStep {
  return { kind: 'respond', status, headers: ['content-type', 'text/plain'], body, closes: false }
}
