/**
 * IP addresses and prefixes, read as generously as Kubernetes always has: leading zeros and IPv4-mapped IPv6 are
 * understood, and remembered as `standard: false`. After Go's net and net/netip.
 */
export interface IpAddress {
  /** Sixteen bytes, network order; an IPv4 address is kept as `::ffff:a.b.c.d`. */
  readonly bytes: readonly number[]
  /** How it was written. `::ffff:1.2.3.4` is family 6, though it is the IPv4 address 1.2.3.4. */
  readonly writtenAs: 4 | 6
  /** False when it has leading zeros that today's parsers refuse. */
  readonly standard: boolean
}

export interface IpPrefix {
  readonly address: IpAddress
  /** As written: of 32 bits for IPv4, of 128 for IPv6. */
  readonly length: number
  readonly standard: boolean
}

const V4_MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
/** Go's decimal reader gives up beyond this: net/parse.go. */
const DECIMAL_MAX = 0xffffff

export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpV6(text) : parseIpV4(text)
}

export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseIp(text.slice(0, slash))
  const lengthText = text.slice(slash + 1)
  const length = parseDecimal(lengthText)
  if (address === undefined || length === undefined || length > widthOf(address)) return undefined
  return { address, length, standard: address.standard && !(lengthText.length > 1 && lengthText.startsWith('0')) }
}

/** 32 or 128: how many bits a prefix of this address can have. */
export function widthOf(address: IpAddress): number {
  return address.writtenAs === 4 ? 32 : 128
}

/** True for IPv4 in either way of writing. */
export function isIpV4({ bytes }: IpAddress): boolean {
  return V4_MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)
}

export function isV4MappedV6(address: IpAddress): boolean {
  return address.writtenAs === 6 && isIpV4(address)
}

/** The first address of the prefix. */
export function networkOf({ address, length }: IpPrefix): IpAddress {
  const keptBits = address.writtenAs === 4 ? length + 96 : length
  const bytes = address.bytes.map((byte, index) => {
    const bits = Math.min(Math.max(keptBits - 8 * index, 0), 8)
    return byte & (0xff << (8 - bits)) & 0xff
  })
  return { bytes, writtenAs: address.writtenAs, standard: true }
}

export function sameIp(left: IpAddress, right: IpAddress): boolean {
  return left.bytes.every((byte, index) => byte === right.bytes[index])
}

/** RFC 5952; IPv4-mapped addresses print as the IPv4 address. */
export function printIp(address: IpAddress): string {
  if (isIpV4(address)) return address.bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => {
    return (((address.bytes[2 * index] ?? 0) << 8) | (address.bytes[2 * index + 1] ?? 0)).toString(16)
  })
  const { start, count } = longestZeros(groups)
  if (count < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + count).join(':')}`
}

/** `length` of an IPv4-mapped network counts from the IPv4 part on. */
export function printNetwork(prefix: IpPrefix): string {
  const network = networkOf(prefix)
  const length = prefix.address.writtenAs === 6 && isIpV4(network) ? prefix.length - 96 : prefix.length
  return `${printIp(network)}/${length}`
}

function parseIpV4(text: string): IpAddress | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  const values = octets.map(parseDecimal)
  if (values.some((value) => value === undefined || value > 0xff)) return undefined
  const bytes = [...V4_MAPPED_PREFIX, ...values.map((value) => value ?? 0)]
  return { bytes, writtenAs: 4, standard: octets.every((octet) => octet === '0' || !octet.startsWith('0')) }
}

function parseIpV6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1))
  if (head === undefined) return undefined
  if (halves.length === 1) return head.bytes.length === 16 ? { ...head, writtenAs: 6 } : undefined
  if (tail === undefined) return undefined
  const missing = 16 - head.bytes.length - tail.bytes.length
  // The ellipsis stands for at least one group.
  if (missing < 2) return undefined
  const bytes = [...head.bytes, ...Array.from({ length: missing }, () => 0), ...tail.bytes]
  return { bytes, writtenAs: 6, standard: head.standard && tail.standard }
}

/** Groups between colons; the last of all may be an IPv4 address. */
function parseGroups(text: string, isLast: boolean): { bytes: readonly number[]; standard: boolean } | undefined {
  if (text === '') return { bytes: [], standard: true }
  const bytes: number[] = []
  let standard = true
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    if (isLast && index === groups.length - 1 && group.includes('.')) {
      const ending = parseIpV4(group)
      if (ending === undefined) return undefined
      bytes.push(...ending.bytes.slice(12))
      standard &&= ending.standard
      continue
    }
    const value = /^[0-9a-fA-F]+$/.test(group) ? Number.parseInt(group, 16) : Number.NaN
    if (!(value <= 0xffff)) return undefined
    bytes.push(value >> 8, value & 0xff)
    standard &&= group.length <= 4
  }
  return bytes.length <= 16 ? { bytes, standard } : undefined
}

function parseDecimal(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined
  const value = Number(text)
  return value < DECIMAL_MAX ? value : undefined
}

function longestZeros(groups: readonly string[]): { start: number; count: number } {
  let best = { start: 0, count: 0 }
  for (let start = 0; start < groups.length; start++) {
    let count = 0
    while (groups[start + count] === '0') count++
    if (count > best.count) best = { start, count }
  }
  return best
}
