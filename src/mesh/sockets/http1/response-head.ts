import type { HeaderList } from '../../route/header-list.ts'
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

/** `HTTP/1.1 200`: what a status line begins with. A reason need not follow. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/

/** The head that the scanner found, or undefined where it is none. Its frame depends on what was asked. */
export function readResponseHead(
  scanner: HeadScanner,
  bytes: Buffer,
  request: { readonly method: string; readonly asksToUpgrade: boolean },
): ResponseHead | undefined {
  const { lineStart, lineEnd } = scanner
  const line = STATUS_LINE.exec(bytes.toString('latin1', lineStart, lineEnd))
  const facts = headerFacts(scanner, bytes, lineEnd)
  if (line === null || facts === undefined) return undefined
  const status = Number(line[2])
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
  const version = line[1] === '1' ? 'HTTP/1.1' : 'HTTP/1.0'
  if (version === 'HTTP/1.0' && transferEncoding !== undefined) return undefined
  return {
    status,
    headers,
    framing,
    bodyBytes: contentLength ?? 0,
    keepsAlive: framing !== 'until-close' && keepsAlive(connection, version),
  }
}

function framingOf(contentLength: number | undefined, transferEncoding: string | undefined): Framing {
  if (transferEncoding !== undefined) return 'chunked'
  if (contentLength === undefined) return 'until-close'
  return contentLength === 0 ? 'none' : 'counted'
}
