import type { IncomingRequest } from '../../exchange/steps.ts'
import { AUTHORITY, CLASSES, SPACE, TARGET, TOKEN } from './bytes.ts'
import type { HeadScanner } from './head-scanner.ts'
import { type Framing, hasToken, type HeaderFacts, headerFacts } from './message-head.ts'

export interface RequestHead {
  readonly request: IncomingRequest
  readonly framing: Extract<Framing, 'none' | 'counted' | 'chunked'>
  /** Of a body that is counted. */
  readonly bodyBytes: number
  /** Whether the client means to send another request on the connection. */
  readonly keepsAlive: boolean
  /** Whether the client asks to go on in the protocol that its `upgrade` header names. */
  readonly asksToUpgrade: boolean
}

/** What Envoy's own parser knows; others are refused. */
const METHODS: ReadonlySet<string> = new Set(
  `
    GET HEAD POST PUT DELETE OPTIONS PATCH TRACE CONNECT ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY
    MKCALENDAR MKCOL MOVE NOTIFY PROPFIND PROPPATCH PURGE REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE
  `
    .trim()
    .split(/\s+/),
)

/** What a request line ends with; the last digit is 0 or 1. */
const VERSION = Buffer.from(' HTTP/1.')
const DIGIT_ZERO = 0x30

/** The head that the scanner found, or the status that says why it is refused. */
export function readRequestHead(scanner: HeadScanner, bytes: Buffer, scheme: 'http' | 'https'): RequestHead | number {
  const { lineStart, lineEnd } = scanner
  const methodEnd = tokenEnd(bytes, lineStart)
  const targetStart = methodEnd + 1
  const targetEnd = lineEnd - VERSION.length - 1
  const version = versionAt(bytes, targetEnd)
  if (version === undefined || bytes[methodEnd] !== SPACE || targetEnd <= targetStart) return 400
  if (!consistsOf(bytes, TARGET, targetStart, targetEnd)) return 400
  const text = bytes.toString('latin1', lineStart, scanner.end)
  const method = text.slice(0, methodEnd - lineStart)
  if (!METHODS.has(method)) return 400
  const facts = headerFacts(scanner, bytes, text, lineStart)
  if (facts === undefined) return 400
  const framing = framingOf(facts, version)
  if (typeof framing === 'number') return framing
  const place = placeOf(text.slice(targetStart - lineStart, targetEnd - lineStart), method, facts.host)
  if (place === undefined) return 400
  const asksToUpgrade = facts.upgrade !== undefined && hasToken(facts.connection, 'upgrade')
  // An offer to go on in HTTP/2 may be passed over, and is.
  const upgrades = asksToUpgrade && facts.upgrade !== 'h2c'
  if (upgrades && facts.upgrade !== undefined) facts.headers.push('upgrade', facts.upgrade)
  return {
    request: {
      method,
      scheme,
      authority: place.authority,
      target: place.target,
      headers: facts.headers,
      version,
    },
    framing,
    bodyBytes: facts.contentLength ?? 0,
    keepsAlive: keepsAlive(facts.connection, version),
    asksToUpgrade: upgrades,
  }
}

/** Tokens are shorter than a head: the line has an end that is none. */
function tokenEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while (((CLASSES[bytes[at] ?? SPACE] ?? 0) & TOKEN) !== 0) at++
  return at
}

function versionAt(bytes: Uint8Array, at: number): IncomingRequest['version'] | undefined {
  for (let index = 0; index < VERSION.length; index++) if (bytes[at + index] !== VERSION[index]) return undefined
  const digit = (bytes[at + VERSION.length] ?? 0) - DIGIT_ZERO
  if (digit === 1) return 'HTTP/1.1'
  return digit === 0 ? 'HTTP/1.0' : undefined
}

function consistsOf(bytes: Uint8Array, kind: number, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (((CLASSES[bytes[at] ?? SPACE] ?? 0) & kind) === 0) return false
  return true
}

function framingOf(facts: HeaderFacts, version: string): RequestHead['framing'] | number {
  const { contentLength, transferEncoding } = facts
  if (transferEncoding === undefined) return contentLength === undefined || contentLength === 0 ? 'none' : 'counted'
  if (contentLength !== undefined || version === 'HTTP/1.0') return 400
  return transferEncoding === 'chunked' ? 'chunked' : 501
}

export function keepsAlive(connection: string | undefined, version: string): boolean {
  return version === 'HTTP/1.1' ? !hasToken(connection, 'close') : hasToken(connection, 'keep-alive')
}

/** A target may be a whole URL, whose host then counts more than the header, which has to be there all the same. */
function placeOf(
  target: string,
  method: string,
  host: string | undefined,
): { readonly authority: string; readonly target: string } | undefined {
  if (host === undefined || !isAuthority(host)) return undefined
  if (target.startsWith('/')) return { authority: host, target }
  if (method === 'CONNECT') return isAuthority(target) ? { authority: target, target: '' } : undefined
  if (target === '*') return method === 'OPTIONS' ? { authority: host, target } : undefined
  const [, authority, path] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? []
  if (authority === undefined || path === undefined || !isAuthority(authority)) return undefined
  return { authority, target: path.startsWith('/') ? path : `/${path}` }
}

function isAuthority(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (((CLASSES[text.charCodeAt(at)] ?? 0) & AUTHORITY) === 0) return false
  }
  return text.length > 0
}
