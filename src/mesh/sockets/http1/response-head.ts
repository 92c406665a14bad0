import type { HeaderList } from '../../route/header-list.ts'
import { SPACE } from './bytes.ts'
import type { HeadScanner } from './head-scanner.ts'
import { type Framing, hasToken, headerFacts } from './message-head.ts'
import { keepsAlive } from './request-head.ts'

export interface ResponseHead {
  readonly status: number
  readonly headers: HeaderList
  readonly framing: Framing
  readonly bodyBytes: number
  /** Whether the connection can carry another request. */
  readonly keepsAlive: boolean
}

/** The head that the scanner found, or undefined where it is none. Its frame depends on what was asked. */
export function readResponseHead(
  scanner: HeadScanner,
  bytes: Buffer,
  request: { readonly method: string; readonly asksToUpgrade: boolean },
): ResponseHead | undefined {
  const { lineStart, lineEnd } = scanner
  const status = statusIn(bytes, lineStart, lineEnd)
  if (status === undefined) return undefined
  const isVersion10 = bytes[lineStart + VERSION.length] === DIGIT_ZERO
  const text = bytes.toString('latin1', lineEnd, scanner.end)
  const facts = headerFacts(scanner, bytes, text, lineEnd)
  if (facts === undefined) return undefined
  const { headers, contentLength, transferEncoding, connection, upgrade } = facts
  if (status === 101) {
    if (!request.asksToUpgrade || !hasToken(connection, 'upgrade') || upgrade === undefined) return undefined
    headers.push('upgrade', upgrade)
    return { status, headers, framing: 'until-close', bodyBytes: 0, keepsAlive: false }
  }
  if (transferEncoding !== undefined && (transferEncoding !== 'chunked' || contentLength !== undefined))
    return undefined
  const hasNoBody = request.method === 'HEAD' || status < 200 || status === 204 || status === 304
  if (hasNoBody && transferEncoding !== undefined && request.method !== 'HEAD' && status !== 304) return undefined
  const framing = hasNoBody ? 'none' : framingOf(contentLength, transferEncoding)
  if (isVersion10 && transferEncoding !== undefined) return undefined
  return {
    status,
    headers,
    framing,
    bodyBytes: contentLength ?? 0,
    keepsAlive: framing !== 'until-close' && keepsAlive(connection, isVersion10 ? 'HTTP/1.0' : 'HTTP/1.1'),
  }
}

function framingOf(contentLength: number | undefined, transferEncoding: string | undefined): Framing {
  if (transferEncoding !== undefined) return 'chunked'
  if (contentLength === undefined) return 'until-close'
  return contentLength === 0 ? 'none' : 'counted'
}

/** What a status line begins with; then come 0 or 1, a space, and three digits. */
const VERSION = Buffer.from('HTTP/1.')
const DIGIT_ZERO = 0x30
const STATUS_END = VERSION.length + 5

/** A reason need not follow the status. */
function statusIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  const length = end - start
  if (length < STATUS_END || (length > STATUS_END && bytes[start + STATUS_END] !== SPACE)) return undefined
  for (let index = 0; index < VERSION.length; index++) if (bytes[start + index] !== VERSION[index]) return undefined
  const minor = digitAt(bytes, start + VERSION.length)
  const hundreds = digitAt(bytes, start + STATUS_END - 3)
  const tens = digitAt(bytes, start + STATUS_END - 2)
  const ones = digitAt(bytes, start + STATUS_END - 1)
  if (minor > 1 || bytes[start + VERSION.length + 1] !== SPACE) return undefined
  return hundreds === 0 || hundreds > 9 || tens > 9 || ones > 9 ? undefined : hundreds * 100 + tens * 10 + ones
}

/** More than 9 where it is none. */
function digitAt(bytes: Uint8Array, at: number): number {
  const value = (bytes[at] ?? 0) - DIGIT_ZERO
  return value < 0 ? Number.POSITIVE_INFINITY : value
}
