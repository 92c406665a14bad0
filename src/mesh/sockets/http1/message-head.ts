import { type HeaderRole, knownName } from './known-names.ts'
import type { HeadScanner } from './head-scanner.ts'

/** How a message's body ends. */
export type Framing =
  | 'none'
  | 'counted'
  | 'chunked'
  /** Of an answer: where the connection ends. */
  | 'until-close'

/** What a head says besides what is passed on. */
export interface HeaderFacts {
  /** Names and values by turns, without what is about the connection alone, and without Host. */
  readonly headers: string[]
  host: string | undefined
  contentLength: number | undefined
  transferEncoding: string | undefined
  /** The tokens of `Connection`, lower case, with commas between. */
  connection: string | undefined
  upgrade: string | undefined
}

/**
 * Collects the headers that the scanner found in `bytes`; `text` is the same as Latin-1 from `from` on. Undefined where two
 * headers contradict each other about the message's frame, even if they say the same: not all readers agree which of them
 * counts.
 */
export function headerFacts(
  scanner: HeadScanner,
  bytes: Uint8Array,
  text: string,
  from: number,
): HeaderFacts | undefined {
  const headers: string[] = []
  const facts: HeaderFacts = {
    headers,
    host: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    upgrade: undefined,
  }
  for (let header = 0; header < scanner.headers; header++) {
    const nameStart = scanner.nameStart(header)
    const nameEnd = scanner.nameEnd(header)
    const known = knownName(bytes, nameStart, nameEnd)
    const value = text.slice(scanner.valueStart(header) - from, scanner.valueEnd(header) - from)
    if (known === undefined) headers.push(text.slice(nameStart - from, nameEnd - from).toLowerCase(), value)
    else if (known.role === 'plain') headers.push(known.name, value)
    else if (!take(facts, known.role, value)) return undefined
  }
  return facts
}

function take(facts: HeaderFacts, role: HeaderRole, value: string): boolean {
  switch (role) {
    case 'host':
      if (facts.host !== undefined) return false
      facts.host = value
      return true
    case 'content-length': {
      const length = contentLength(value)
      if (length === undefined || facts.contentLength !== undefined) return false
      facts.contentLength = length
      facts.headers.push('content-length', value)
      return true
    }
    case 'transfer-encoding':
      facts.transferEncoding = joined(facts.transferEncoding, value)
      return true
    case 'connection':
      facts.connection = joined(facts.connection, value)
      return true
    case 'upgrade':
      facts.upgrade = joined(facts.upgrade, value)
      return true
    default:
      return true
  }
}

function joined(before: string | undefined, value: string): string {
  const lower = value.toLowerCase()
  return before === undefined ? lower : `${before},${lower}`
}

/** Digits alone, and not more than a number holds exactly. */
function contentLength(value: string): number | undefined {
  if (value.length === 0 || value.length > CONTENT_LENGTH_DIGITS_MAX) return undefined
  let length = 0
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - DIGIT_ZERO
    if (digit < 0 || digit > 9) return undefined
    length = length * 10 + digit
  }
  return length
}

const CONTENT_LENGTH_DIGITS_MAX = 15
const DIGIT_ZERO = 0x30

/** Whether a list such as `keep-alive, Upgrade` (lower case by now) has a token. */
export function hasToken(list: string | undefined, token: string): boolean {
  if (list === undefined) return false
  if (list === token) return true
  return list.includes(',') && list.split(',').some((item) => item.trim() === token)
}
