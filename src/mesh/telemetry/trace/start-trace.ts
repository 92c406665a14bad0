import { headerValue, type HeaderList } from '../../route/header-list.ts'
import { type Propagation, type TraceContext, callerSpanId, contextHeaders, contextsOf } from './trace-context.ts'

/** What the configuration says of traces for one side of a proxy. */
export interface TracingPolicy {
  /** Of requests that come without a decision. */
  readonly samplingPercent: number
  /** Of requests that come without any context. */
  readonly propagation: Propagation
  /** Whether requests that go out say which trace they are of. */
  readonly propagates: boolean
  /** Whether the request's identifier decides by chance, so that all proxies decide alike, and says what was decided. */
  readonly usesRequestId: boolean
  /** Whether what goes on is a span of its own, as of who ends one call and makes another. */
  readonly spawnsUpstream: boolean
  /** By the name of the tag. */
  readonly tags: readonly (readonly [name: string, tag: CustomSpanTag])[]
  /** Undefined: the tags that tell whose proxy it is are not wanted. */
  readonly istioTags: { readonly meshId: string } | undefined
  /** Longer paths are cut. */
  readonly pathLengthMax: number
}

export type CustomSpanTag =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'header'; readonly header: string; readonly otherwise: string | undefined }

/** A request's place in its trace, as it leaves a proxy. */
export interface TraceStart {
  readonly context: TraceContext
  readonly parentSpanId: string | undefined
  /** The request's identifier, which tells why it is sampled. */
  readonly requestId: string
  /** To be set on the request, in place of headers of the same names. */
  readonly headers: HeaderList
}

/** What makes Envoy sample a request whatever the configuration says. */
const FORCE = 'x-envoy-force-trace'
/** Where in a request's identifier Envoy notes why it is traced: source/extensions/request_id/uuid/config.cc. */
const REASON_AT = 14
const REASONS = { none: '4', sampled: '9', forced: 'a' } as const

/** Makes the span of a proxy for a request. Each form in which the context came is the form in which it goes on. */
export function startTrace(
  headers: HeaderList,
  options: { readonly requestId: string; readonly policy: TracingPolicy; readonly dice: () => number },
): TraceStart {
  const { requestId, policy, dice } = options
  const found = contextsOf(headers)
  const parent = found.get('w3c') ?? found.get('b3-multi') ?? found.get('b3-single')
  const isForced = headerValue(headers, FORCE) !== undefined
  const isDrawn = !isForced && parent?.isSampled === undefined
  const isSampled = isForced || (parent?.isSampled ?? isChosen(policy, requestId, dice))
  const context: TraceContext = {
    traceId: parent?.traceId ?? hex(32, dice),
    spanId: hex(16, dice),
    isSampled,
    ...(parent?.state !== undefined && { state: parent.state }),
  }
  const forms: readonly Propagation[] = found.size > 0 ? [...found.keys()] : [policy.propagation]
  const parentSpanId = policy.spawnsUpstream ? callerSpanId(context.spanId) : parent?.spanId
  return {
    context,
    parentSpanId: parent?.spanId,
    requestId:
      policy.usesRequestId && (isDrawn || isForced)
        ? withReason(requestId, isForced ? 'forced' : isSampled ? 'sampled' : 'none')
        : requestId,
    headers: policy.propagates
      ? forms.flatMap((propagation) => contextHeaders(context, { propagation, parentSpanId }))
      : [],
  }
}

/** Sets headers in a list that is the caller's own: each takes the place of those of its name. */
export function setHeaders(list: string[], headers: HeaderList): void {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    for (let at = list.length - 2; at >= 0; at -= 2) if (list[at] === name) list.splice(at, 2)
    list.push(name, headers[index + 1] ?? '')
  }
}

/** Where the identifier is the die, all proxies that see a request decide alike: hundredths of a percent, as Envoy counts. */
function isChosen(
  { usesRequestId, samplingPercent: percent }: TracingPolicy,
  requestId: string,
  dice: () => number,
): boolean {
  const drawn = usesRequestId ? Number.parseInt(requestId.slice(0, 8), 16) : Math.floor(dice() * 10_000)
  return Number.isNaN(drawn) ? false : drawn % 10_000 < Math.round(percent * 100)
}

/** Identifiers of another form than a UUID are left alone. */
function withReason(requestId: string, reason: keyof typeof REASONS): string {
  if (!/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(requestId)) return requestId
  return requestId.slice(0, REASON_AT) + REASONS[reason] + requestId.slice(REASON_AT + 1)
}

/** Never all zeros, which stands for none. */
function hex(digits: number, dice: () => number): string {
  let text = ''
  while (text.length < digits) {
    text += Math.floor(dice() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0')
  }
  return /^0+$/.test(text) ? `${text.slice(1)}1` : text
}
