/** Addresses with the same first `bits` as a value. */
export interface IpRange {
  readonly isV6: boolean
  readonly prefix: bigint
  readonly bits: number
}

/** An address, or an address and the number of bits that count; undefined when it is neither. */
export function parseRange(text: string): IpRange | undefined {
  const [address = '', length] = text.split('/')
  const isV6 = address.includes(':')
  const value = isV6 ? parseV6(address) : parseV4(address)
  const bitsMax = isV6 ? 128 : 32
  const bits = length === undefined ? bitsMax : Number(length)
  if (value === undefined || !(bits >= 0 && bits <= bitsMax)) return undefined
  return { isV6, prefix: shifted(value, bitsMax - bits), bits }
}

export function contains(range: IpRange, address: IpRange): boolean {
  return range.isV6 === address.isV6 && shifted(address.prefix, address.bits - range.bits) === range.prefix
}

/** As it would be written: `10.0.0.0/8`. */
export function printRange({ isV6, prefix, bits }: IpRange): string {
  const value = prefix << BigInt((isV6 ? 128 : 32) - bits)
  const parts = isV6 ? groupsOf(value, { count: 8, bits: 16 }) : groupsOf(value, { count: 4, bits: 8 })
  const text = isV6 ? parts.map((part) => part.toString(16)).join(':') : parts.join('.')
  return bits === (isV6 ? 128 : 32) ? text : `${text}/${bits}`
}

function groupsOf(value: bigint, { count, bits }: { count: number; bits: number }): readonly bigint[] {
  return Array.from(
    { length: count },
    (_, index) => (value >> BigInt((count - 1 - index) * bits)) & ((1n << BigInt(bits)) - 1n),
  )
}

function shifted(value: bigint, bits: number): bigint {
  return bits < 0 ? -1n : value >> BigInt(bits)
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || !parts.every((part) => part >= 0 && part <= 255)) return undefined
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function parseV6(address: string): bigint | undefined {
  const text = withoutDots(address)
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: Math.max(gap, 0) }, () => '0'), ...right]
  if (groups.length !== 8 || !groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((value, group) => (value << 16n) | BigInt(parseInt(group, 16)), 0n)
}

/** `::ffff:10.0.0.1` is `::ffff:a00:1`: the last four bytes may be written as those of IPv4. */
function withoutDots(address: string): string {
  if (!address.includes('.')) return address
  const colon = address.lastIndexOf(':')
  const value = parseV4(address.slice(colon + 1))
  if (value === undefined) return address
  return `${address.slice(0, colon)}:${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}
