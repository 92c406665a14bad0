import { nameBytes, readName } from './dns-name.ts'
import { DNS_TYPE, type DnsRecord, recordBytes, two } from './dns-record.ts'

/** RFC 1035, section 4.1.1, and RFC 6891 for the last. */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const

/** What a datagram may have where the client says nothing else (RFC 1035, section 4.2.1). */
export const UDP_BYTES_MAX = 512
const HEADER_BYTES = 12
/** An OPT record of ours: an empty name, its type, size, extended code, version, flags, and no options. */
const OPT_BYTES = 11
/** Nobody asks with more than a handful. */
const RECORDS_READ_MAX = 64

const QUERY_OPCODE = 0
const FLAG_RESPONSE = 0x8000
const FLAG_AUTHORITATIVE = 0x0400
const FLAG_TRUNCATED = 0x0200
const FLAG_RECURSION_DESIRED = 0x0100

export interface DnsQuestion {
  /** As it was written, without its last dot. */
  readonly name: string
  readonly type: number
  readonly recordClass: number
}

/** What came, as far as it can be read. `refusal`: it can only be answered with that code. */
export interface DnsQuery {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
  readonly question?: DnsQuestion
  /** The client's own size of datagrams, where it speaks EDNS. */
  readonly edns?: { readonly udpBytesMax: number; readonly version: number }
  readonly refusal?: number
}

export interface DnsAnswer {
  readonly rcode: number
  readonly isAuthoritative: boolean
  readonly answers: readonly DnsRecord[]
  readonly authority: readonly DnsRecord[]
  readonly additional: readonly DnsRecord[]
}

export const NOTHING_TO_SAY: Omit<DnsAnswer, 'rcode'> = {
  isAuthoritative: false,
  answers: [],
  authority: [],
  additional: [],
}

/** Reads a query. Undefined: too broken to be answered, or itself an answer. Never throws. */
export function readQuery(bytes: Uint8Array): DnsQuery | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const flags = number(bytes, 2)
  if ((flags & FLAG_RESPONSE) !== 0) return undefined
  const head = {
    id: number(bytes, 0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & FLAG_RECURSION_DESIRED) !== 0,
  }
  if (head.opcode !== QUERY_OPCODE) return { ...head, refusal: RCODE.NOTIMP }
  const [questions, answers, authority, additional] = [4, 6, 8, 10].map((at) => number(bytes, at))
  const malformed = { ...head, refusal: RCODE.FORMERR }
  if (questions !== 1) return malformed
  const name = readName(bytes, HEADER_BYTES)
  if (name === undefined || name.end + 4 > bytes.length) return malformed
  const question = { name: name.name, type: number(bytes, name.end), recordClass: number(bytes, name.end + 2) }
  const counts = (answers ?? 0) + (authority ?? 0) + (additional ?? 0)
  const edns = readEdns(bytes, name.end + 4, counts)
  if (edns === 'malformed') return { ...malformed, question }
  if (edns === undefined) return { ...head, question }
  return { ...head, question, edns, ...(edns.version === 0 ? {} : { refusal: RCODE.BADVERS }) }
}

/** Of all that follows the question, only OPT says something to us. */
function readEdns(bytes: Uint8Array, start: number, count: number): DnsQuery['edns'] | 'malformed' {
  if (count > RECORDS_READ_MAX) return 'malformed'
  let at = start
  let found: DnsQuery['edns']
  for (let index = 0; index < count; index++) {
    const name = readName(bytes, at)
    if (name === undefined || name.end + 10 > bytes.length) return 'malformed'
    const length = number(bytes, name.end + 8)
    if (number(bytes, name.end) === DNS_TYPE.OPT) {
      // One at most, and of the root (RFC 6891, section 6.1.1).
      if (found !== undefined || name.name !== '') return 'malformed'
      found = { udpBytesMax: number(bytes, name.end + 2), version: bytes[name.end + 5] ?? 0 }
    }
    at = name.end + 10 + length
    if (at > bytes.length) return 'malformed'
  }
  return found
}

/** An answer of at most so many bytes. What does not fit is left out; where that is asked for, it says so. */
export function writeAnswer(query: DnsQuery, answer: DnsAnswer, bytesMax: number): Uint8Array {
  const { question, edns } = query
  const offsets = new Map<string, number>()
  const bytes: number[] = Array.from({ length: HEADER_BYTES }, () => 0)
  if (question !== undefined) {
    const { name, type, recordClass } = question
    bytes.push(...nameBytes(name, bytes.length, offsets))
    bytes.push(...two(type), ...two(recordClass))
  }
  const room = bytesMax - (edns === undefined ? 0 : OPT_BYTES)
  // Names that did not fit must not be pointed to: nothing is written after the first that does not.
  let isFull = false
  const counts = [answer.answers, answer.authority, answer.additional].map((records) => {
    let written = 0
    for (const record of isFull ? [] : records) {
      const next = recordBytes(record, bytes.length, offsets)
      isFull = bytes.length + next.length > room
      if (isFull) break
      bytes.push(...next)
      written++
    }
    return written
  })
  const [answers = 0, authority = 0, additional = 0] = counts
  const isTruncated = answers < answer.answers.length || authority < answer.authority.length
  if (edns !== undefined) bytes.push(...optBytes(answer.rcode))
  const header = [
    ...two(query.id),
    ...two(flagsOf(query, answer, isTruncated)),
    ...two(question === undefined ? 0 : 1),
    ...two(answers),
    ...two(authority),
    ...two(additional + (edns === undefined ? 0 : 1)),
  ]
  return Uint8Array.from([...header, ...bytes.slice(HEADER_BYTES)])
}

function flagsOf(query: DnsQuery, { rcode, isAuthoritative }: DnsAnswer, isTruncated: boolean): number {
  return (
    FLAG_RESPONSE |
    (query.opcode << 11) |
    (isAuthoritative ? FLAG_AUTHORITATIVE : 0) |
    (isTruncated ? FLAG_TRUNCATED : 0) |
    (query.recursionDesired ? FLAG_RECURSION_DESIRED : 0) |
    (rcode & 0xf)
  )
}

/** The size of datagrams that we take, and the upper bits of the code. */
const OUR_UDP_BYTES_MAX = 1_232

function optBytes(rcode: number): number[] {
  return [0, ...two(DNS_TYPE.OPT), ...two(OUR_UDP_BYTES_MAX), rcode >> 4, 0, 0, 0, 0, 0]
}

/** What a datagram to this client may have: what it says, and never less than everybody must take. */
export function datagramBytesMax({ edns }: DnsQuery): number {
  return Math.max(UDP_BYTES_MAX, Math.min(edns?.udpBytesMax ?? UDP_BYTES_MAX, 4_096))
}

function number(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
