import { parseIp } from '../../api/names/ip-address.ts'
import { nameBytes } from './dns-name.ts'

/** Numbers of the types that we know (RFC 1035, 2782, 3596, 6891). */
export const DNS_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
} as const

export const CLASS_IN = 1
const CLASS_ANY = 255

export function isInternet(recordClass: number): boolean {
  return recordClass === CLASS_IN || recordClass === CLASS_ANY
}

export interface DnsRecord {
  /** Without its last dot. */
  readonly name: string
  readonly ttlSeconds: number
  readonly data: RecordData
}

export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | { readonly type: 'TXT'; readonly text: string }
  | StartOfAuthority

/** RFC 1035, section 3.3.13 */
export interface StartOfAuthority {
  readonly type: 'SOA'
  readonly primary: string
  readonly mailbox: string
  readonly serial: number
  readonly refreshSeconds: number
  readonly retrySeconds: number
  readonly expireSeconds: number
  readonly negativeTtlSeconds: number
}

/** The bytes of a record that is to stand at `at`. */
export function recordBytes({ name, ttlSeconds, data }: DnsRecord, at: number, offsets: Map<string, number>): number[] {
  const bytes = [...nameBytes(name, at, offsets)]
  bytes.push(...two(DNS_TYPE[data.type]), ...two(CLASS_IN), ...four(ttlSeconds))
  const content = dataBytes(data, at + bytes.length + 2, offsets)
  return [...bytes, ...two(content.length), ...content]
}

function dataBytes(data: RecordData, at: number, offsets: Map<string, number>): number[] {
  switch (data.type) {
    case 'A':
      return [...(parseIp(data.address)?.bytes.slice(12) ?? [])]
    case 'AAAA':
      return [...(parseIp(data.address)?.bytes ?? [])]
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return [...nameBytes(data.target, at, offsets)]
    case 'SRV': {
      // Its target is never compressed (RFC 2782).
      const head = [...two(data.priority), ...two(data.weight), ...two(data.port)]
      return [...head, ...nameBytes(data.target, at + head.length, new Map())]
    }
    case 'TXT': {
      const text = Buffer.from(data.text).subarray(0, 255)
      return [text.length, ...text]
    }
    case 'SOA': {
      const primary = [...nameBytes(data.primary, at, offsets)]
      const mailbox = [...nameBytes(data.mailbox, at + primary.length, offsets)]
      const { serial, refreshSeconds, retrySeconds, expireSeconds, negativeTtlSeconds } = data
      const numbers = [serial, refreshSeconds, retrySeconds, expireSeconds, negativeTtlSeconds]
      return [...primary, ...mailbox, ...numbers.flatMap(four)]
    }
  }
}

export function two(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff]
}

function four(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
