import { headerValue, type HeaderList } from '../../route/header-list.ts'

/** Which trace a request belongs to, and who of it sent it. */
export interface TraceContext {
  /** 32 hexadecimal digits; of a short one from B3, zeros come before it. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Undefined where nobody has decided yet. */
  readonly isSampled: boolean | undefined
  /** What W3C hands through unread. */
  readonly state?: string
}

/** How a context is written: W3C Trace Context, or Zipkin's B3 in several headers or in one. */
export type Propagation = 'w3c' | 'b3-multi' | 'b3-single'

const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/
const B3_SINGLE = /^([\da-f]{32}|[\da-f]{16})-([\da-f]{16})(?:-([01d]))?(?:-[\da-f]{16})?$/
const ID = /^[\da-f]+$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** Each form in which a request carries its context. What is malformed is as if it were not there. */
export function contextsOf(headers: HeaderList): ReadonlyMap<Propagation, TraceContext> {
  const found = new Map<Propagation, TraceContext>()
  const read = { w3c: ofTraceparent(headers), 'b3-single': ofB3(headers), 'b3-multi': ofB3Headers(headers) }
  for (const [propagation, context] of Object.entries(read)) {
    if (context !== undefined) found.set(propagation as Propagation, context)
  }
  return found
}

/** The headers that carry a context, by turns name and value. */
export function contextHeaders(
  { traceId, spanId, isSampled, state }: TraceContext,
  options: { readonly propagation: Propagation; readonly parentSpanId?: string | undefined },
): HeaderList {
  const { propagation, parentSpanId } = options
  const sampled = isSampled === true
  switch (propagation) {
    case 'w3c': {
      const parent = ['traceparent', `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`]
      return state === undefined ? parent : [...parent, 'tracestate', state]
    }
    case 'b3-single':
      return ['b3', [traceId, spanId, sampled ? '1' : '0', parentSpanId].filter(Boolean).join('-')]
    case 'b3-multi':
      return [
        'x-b3-traceid',
        traceId,
        'x-b3-spanid',
        spanId,
        ...(parentSpanId === undefined ? [] : ['x-b3-parentspanid', parentSpanId]),
        'x-b3-sampled',
        sampled ? '1' : '0',
      ]
  }
}

/**
 * Of a proxy that is a hop of its own: the span of the call that it answered, by that of the call it made in its turn. So
 * what one proxy does for a request needs no other memory than the headers that it sent.
 */
export function callerSpanId(spanId: string): string {
  return spanId.slice(8) + spanId.slice(0, 8)
}

function ofTraceparent(headers: HeaderList): TraceContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(headerValue(headers, 'traceparent') ?? '') ?? []
  if (!isReal(traceId, spanId)) return undefined
  const state = headerValue(headers, 'tracestate')
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1
  return { traceId, spanId, isSampled, ...(state !== undefined && state !== '' && { state }) }
}

function ofB3(headers: HeaderList): TraceContext | undefined {
  const [, traceId = '', spanId = '', sampled] = B3_SINGLE.exec(headerValue(headers, 'b3') ?? '') ?? []
  if (!isReal(traceId, spanId)) return undefined
  return { traceId: padded(traceId), spanId, isSampled: sampled === undefined ? undefined : sampled !== '0' }
}

function ofB3Headers(headers: HeaderList): TraceContext | undefined {
  const traceId = headerValue(headers, 'x-b3-traceid')?.toLowerCase() ?? ''
  const spanId = headerValue(headers, 'x-b3-spanid')?.toLowerCase() ?? ''
  const isWhole = (traceId.length === 32 || traceId.length === 16) && spanId.length === 16
  if (!isWhole || !ID.test(traceId) || !ID.test(spanId) || !isReal(traceId, spanId)) return undefined
  return { traceId: padded(traceId), spanId, isSampled: sampledOfB3(headers) }
}

/** Older clients say true and false; a debug flag samples whatever else is said. */
function sampledOfB3(headers: HeaderList): boolean | undefined {
  if (headerValue(headers, 'x-b3-flags') === '1') return true
  const sampled = headerValue(headers, 'x-b3-sampled')
  if (sampled === '1' || sampled === 'true') return true
  return sampled === '0' || sampled === 'false' ? false : undefined
}

/** Identifiers of nothing but zeros are none. */
function isReal(traceId: string, spanId: string): boolean {
  return traceId !== '' && padded(traceId) !== NO_TRACE && spanId !== NO_SPAN
}

function padded(traceId: string): string {
  return traceId.padStart(32, '0')
}
