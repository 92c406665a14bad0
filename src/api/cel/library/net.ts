import {
  type IpAddress,
  type IpPrefix,
  isV4MappedV6,
  networkOf,
  parseIp,
  parsePrefix,
  printIp,
  sameIp,
} from '../../names/ip-address.ts'
import { actualSize, CHARACTER_COST, type EstimatedCost, ONE, type Range, scaled, sum } from '../cost.ts'
import type { FunctionDeclaration, Library, Overload } from '../declarations.ts'
import { BOOL, type CelType, INT, opaqueType, STRING } from '../types.ts'
import { CelError, errorOr, opaque, type Value } from '../values.ts'
import { estimateRead, NOMINAL, readCost } from './search-cost.ts'

const IP_TYPE = opaqueType('net.IP')
const CIDR_TYPE = opaqueType('net.CIDR')

const Ip = opaque<IpAddress>({
  type: IP_TYPE,
  equal: (left, right) => left.writtenAs === right.writtenAs && sameIp(left, right),
  size: ({ writtenAs }) => (writtenAs === 4 ? 4 : 16),
})

const Cidr = opaque<IpPrefix>({
  type: CIDR_TYPE,
  equal: (left, right) =>
    left.length === right.length &&
    left.address.writtenAs === right.address.writtenAs &&
    sameIp(left.address, right.address),
  size: ({ length }) => Math.ceil(length / 8),
})

/** Stricter than elsewhere: no leading zeros, no zone, no IPv4 in the clothes of IPv6. */
function readIp(text: string): IpAddress | CelError {
  const address = parseIp(text)
  if (address === undefined || !address.standard) {
    const why = `ParseAddr(${JSON.stringify(text)}): unable to parse IP`
    return new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ${why}`)
  }
  if (isV4MappedV6(address)) return new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  return address
}

function readCidr(text: string): IpPrefix | CelError {
  const prefix = parsePrefix(text)
  if (prefix === undefined || !prefix.standard) {
    const why = `netip.ParsePrefix(${JSON.stringify(text)}): unable to parse`
    return new CelError(`network address parse error during conversion from string: ${why}`)
  }
  if (isV4MappedV6(prefix.address)) {
    return new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  }
  return prefix
}

function toIp(value: Value): Value {
  if (typeof value !== 'string') return errorOr(value)
  const address = readIp(value)
  return address instanceof CelError ? address : Ip.of(address)
}

function toCidr(value: Value): Value {
  if (typeof value !== 'string') return errorOr(value)
  const prefix = readCidr(value)
  if (!(prefix instanceof CelError)) return Cidr.of(prefix)
  return new CelError(`network address parse error during conversion from string: ${prefix.message}`)
}

function isUnspecified({ bytes, writtenAs }: IpAddress): boolean {
  return bytes.slice(writtenAs === 4 ? 12 : 0).every((byte) => byte === 0)
}

/** The leading bytes that matter: from the IPv4 part on for IPv4. */
function head({ bytes, writtenAs }: IpAddress): readonly number[] {
  return writtenAs === 4 ? bytes.slice(12) : bytes
}

function isLoopback(address: IpAddress): boolean {
  if (address.writtenAs === 4) return head(address)[0] === 127
  return address.bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
}

function isLinkLocalMulticast(address: IpAddress): boolean {
  const [first = 0, second = 0, third = 0] = head(address)
  if (address.writtenAs === 4) return first === 224 && second === 0 && third === 0
  return first === 0xff && (second & 0x0f) === 0x02
}

function isLinkLocalUnicast(address: IpAddress): boolean {
  const [first = 0, second = 0] = head(address)
  return address.writtenAs === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80
}

function isGlobalUnicast(address: IpAddress): boolean {
  const [first = 0] = head(address)
  const isMulticast = address.writtenAs === 4 ? (first & 0xf0) === 0xe0 : first === 0xff
  const isBroadcast = address.writtenAs === 4 && head(address).every((byte) => byte === 0xff)
  return !isMulticast && !isBroadcast && !isUnspecified(address) && !isLoopback(address) && !isLinkLocalUnicast(address)
}

function contains(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.address.writtenAs !== address.writtenAs) return false
  return sameIp(networkOf(prefix), networkOf({ ...prefix, address }))
}

function containsIp(value: Value, other: Value): Value {
  const prefix = Cidr.read(value)
  if (prefix === undefined) return errorOr(value)
  const given = typeof other === 'string' ? toIp(other) : other
  const address = Ip.read(given)
  return address === undefined ? errorOr(given) : contains(prefix, address)
}

function containsCidr(value: Value, other: Value): Value {
  const prefix = Cidr.read(value)
  if (prefix === undefined) return errorOr(value)
  const given = typeof other === 'string' ? toCidr(other) : other
  const inner = Cidr.read(given)
  if (inner === undefined) return errorOr(given)
  return prefix.length <= inner.length && contains(prefix, inner.address)
}

function ipMember(
  name: string,
  id: string,
  read: (address: IpAddress) => Value,
  result: CelType = BOOL,
): FunctionDeclaration {
  return {
    ...NOMINAL,
    name,
    overloads: [reader(id, IP_TYPE, result, (value) => mapOpaque(Ip.read(value), value, read))],
  }
}

function cidrMember(name: string, id: string, read: (prefix: IpPrefix) => Value, result: CelType): FunctionDeclaration {
  return { ...NOMINAL, name, overloads: [cidrReader(id, read, result)] }
}

function cidrReader(id: string, read: (prefix: IpPrefix) => Value, result: CelType): Overload {
  return reader(id, CIDR_TYPE, result, (value) => mapOpaque(Cidr.read(value), value, read))
}

function reader(id: string, type: CelType, result: CelType, run: (value: Value) => Value): Overload {
  return { id, member: true, args: [type], result, run: (value = null) => run(value) }
}

function mapOpaque<T>(content: T | undefined, value: Value, read: (content: T) => Value): Value {
  return content === undefined ? errorOr(value) : read(content)
}

const READ = { cost: readCost, estimate: estimateRead }

function test(name: string, id: string, holds: (text: string) => boolean): FunctionDeclaration {
  return {
    ...READ,
    name,
    overloads: [fromText(id, BOOL, (text) => (typeof text === 'string' ? holds(text) : errorOr(text)))],
  }
}

function fromText(id: string, result: CelType, run: (text: Value) => Value): Overload {
  return { id, args: [STRING], result, run: (text = null) => run(text) }
}

/** Four or sixteen bytes: k8s.io/apiserver pkg/cel/library/cost.go. */
const ADDRESS_SIZE: Range = { min: 4, max: 16 }

function comparisonCost([cidr = null, other = null]: readonly Value[], masking: boolean): number {
  const size = actualSize(cidr)
  const parsing = typeof other === 'string' ? Math.ceil(actualSize(other) * CHARACTER_COST) : 0
  const masked = masking ? Math.ceil(size * CHARACTER_COST) + 1 : 0
  return Math.ceil((size + size) * CHARACTER_COST) + masked + parsing
}

function estimateComparison(masking: boolean, other: Range | undefined): EstimatedCost {
  const comparison = scaled(sum(ADDRESS_SIZE, ADDRESS_SIZE), CHARACTER_COST)
  const masked = masking ? sum(scaled(ADDRESS_SIZE, CHARACTER_COST), ONE) : { min: 0, max: 0 }
  const parsing = other === undefined ? { min: 0, max: 0 } : scaled(other, CHARACTER_COST)
  return { cost: sum(comparison, masked, parsing) }
}

function containment(
  name: string,
  ids: readonly [string, string],
  other: CelType,
  run: (value: Value, other: Value) => Value,
): FunctionDeclaration {
  const masking = name === 'containsCIDR'
  const overload = (id: string, type: CelType): Overload => ({
    id,
    member: true,
    args: [CIDR_TYPE, type],
    result: BOOL,
    run: (value = null, contained = null) => run(value, contained),
  })
  return {
    name,
    overloads: [overload(ids[0], STRING), overload(ids[1], other)],
    cost: (args) => comparisonCost(args, masking),
    estimate: ({ args, sizeOf }) => {
      const [contained] = args
      const isText = contained?.type.kind === 'string'
      return estimateComparison(masking, isText ? sizeOf(contained) : undefined)
    },
  }
}

/** k8s.io/apiserver pkg/cel/library/ip.go and cidr.go */
export const NET_LIBRARY: Library = {
  types: [IP_TYPE, CIDR_TYPE],
  functions: [
    {
      name: 'ip',
      overloads: [
        fromText('string_to_ip', IP_TYPE, toIp),
        cidrReader('cidr_ip', ({ address }) => Ip.of(address), IP_TYPE),
      ],
      cost: (args, _result, overload) => (overload === 'cidr_ip' ? 1 : readCost(args)),
      estimate: (call) => (call.overload === 'cidr_ip' ? NOMINAL.estimate() : estimateRead(call)),
    },
    test('isIP', 'is_ip', (text) => !(readIp(text) instanceof CelError)),
    {
      name: 'ip.isCanonical',
      cost: ([text]) => Math.ceil(actualSize(text ?? null) * 2 * CHARACTER_COST),
      estimate: ({ args: [text], sizeOf }) =>
        text === undefined ? undefined : { cost: scaled(sizeOf(text), 2 * CHARACTER_COST) },
      overloads: [
        fromText('ip_is_canonical', BOOL, (text) => {
          const value = toIp(text)
          return mapOpaque(Ip.read(value), value, (address) => printIp(address) === text)
        }),
      ],
    },
    ipMember('family', 'ip_family', ({ writtenAs }) => BigInt(writtenAs), INT),
    ipMember('isUnspecified', 'ip_is_unspecified', isUnspecified),
    ipMember('isLoopback', 'ip_is_loopback', isLoopback),
    ipMember('isLinkLocalMulticast', 'ip_is_link_local_multicast', isLinkLocalMulticast),
    ipMember('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocalUnicast),
    ipMember('isGlobalUnicast', 'ip_is_global_unicast', isGlobalUnicast),
    { ...READ, name: 'cidr', overloads: [fromText('string_to_cidr', CIDR_TYPE, toCidr)] },
    test('isCIDR', 'is_cidr', (text) => !(readCidr(text) instanceof CelError)),
    containment('containsIP', ['cidr_contains_ip_string', 'cidr_contains_ip_ip'], IP_TYPE, containsIp),
    containment('containsCIDR', ['cidr_contains_cidr_string', 'cidr_contains_cidr'], CIDR_TYPE, containsCidr),
    cidrMember('prefixLength', 'cidr_prefix_length', ({ length }) => BigInt(length), INT),
    cidrMember('masked', 'cidr_masked', (prefix) => Cidr.of({ ...prefix, address: networkOf(prefix) }), CIDR_TYPE),
    {
      name: 'string',
      overloads: [
        {
          ...reader('ip_to_string', IP_TYPE, STRING, (value) => mapOpaque(Ip.read(value), value, printIp)),
          member: false,
        },
        {
          ...cidrReader('cidr_to_string', ({ address, length }) => `${printIp(address)}/${length}`, STRING),
          member: false,
        },
      ],
    },
  ],
}
