import { parseRange } from '../../proxy/ip-range.ts'

/*
 * The PROXY protocol (haproxy.org, doc/proxy-protocol.txt): whoever passes a connection on says before its first byte where
 * it comes from and where it went.
 *
 *     version 1   PROXY TCP4 192.0.2.7 10.0.0.1 51000 80\r\n
 *     version 2   signature(12) 0x21 family(1) length(2) source destination ports, TLVs
 */

export interface ProxiedAddresses {
  readonly source: SocketAddress
  readonly destination: SocketAddress
}

export interface SocketAddress {
  readonly address: string
  readonly port: number
}

export type ProxyHeaderReading =
  | { readonly kind: 'incomplete' }
  /** `length` bytes are the header. Without addresses the connection is the proxy's own, or of a kind that has none. */
  | { readonly kind: 'header'; readonly length: number; readonly addresses?: ProxiedAddresses }
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid' }

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V1_START = 'PROXY '
/** The longest line that version 1 allows, with its end. */
const V1_BYTES_MAX = 107
const V2_FIXED_BYTES = 16
/** Addresses of Unix sockets are the longest; TLVs behind them are skipped up to here. */
const V2_BYTES_MAX = 4 * 1024
const COMMAND = { local: 0x20, proxy: 0x21 } as const
const FAMILY = { unspecified: 0x00, tcp4: 0x11, tcp6: 0x21 } as const

export function readProxyHeader(bytes: Buffer): ProxyHeaderReading {
  const shorter = Math.min(bytes.length, SIGNATURE.length)
  if (bytes.subarray(0, shorter).equals(SIGNATURE.subarray(0, shorter))) {
    return bytes.length < V2_FIXED_BYTES ? { kind: 'incomplete' } : readV2(bytes)
  }
  const start = bytes.toString('latin1', 0, V1_START.length)
  if (start === V1_START) return readV1(bytes)
  return V1_START.startsWith(start) ? { kind: 'incomplete' } : { kind: 'none' }
}

function readV1(bytes: Buffer): ProxyHeaderReading {
  const end = bytes.subarray(0, V1_BYTES_MAX).indexOf('\r\n')
  if (end < 0) return bytes.length < V1_BYTES_MAX ? { kind: 'incomplete' } : { kind: 'invalid' }
  const length = end + 2
  const line = bytes.toString('latin1', 0, end)
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { kind: 'header', length }
  const parts = /^PROXY TCP([46]) ([^ ]+) ([^ ]+) (\d{1,5}) (\d{1,5})$/.exec(line)
  if (parts === null) return { kind: 'invalid' }
  const [, version, from = '', to = '', fromPort, toPort] = parts
  const isV6 = version === '6'
  const ports = [Number(fromPort), Number(toPort)] as const
  const isValid = [from, to].every((address) => !address.includes('/') && parseRange(address)?.isV6 === isV6)
  if (!isValid || ports.some((port) => port > 65_535)) return { kind: 'invalid' }
  return {
    kind: 'header',
    length,
    addresses: { source: { address: from, port: ports[0] }, destination: { address: to, port: ports[1] } },
  }
}

function readV2(bytes: Buffer): ProxyHeaderReading {
  const length = V2_FIXED_BYTES + bytes.readUInt16BE(14)
  if (length > V2_BYTES_MAX) return { kind: 'invalid' }
  if (bytes.length < length) return { kind: 'incomplete' }
  const command = bytes[12]
  const family = bytes[13]
  if (command === COMMAND.local) return { kind: 'header', length }
  if (command !== COMMAND.proxy) return { kind: 'invalid' }
  if (family === FAMILY.unspecified) return { kind: 'header', length }
  if (family !== FAMILY.tcp4 && family !== FAMILY.tcp6) return { kind: 'invalid' }
  const size = family === FAMILY.tcp4 ? 4 : 16
  const at = V2_FIXED_BYTES
  if (length < at + 2 * size + 4) return { kind: 'invalid' }
  const address = (from: number): string => printAddress(bytes.subarray(from, from + size))
  return {
    kind: 'header',
    length,
    addresses: {
      source: { address: address(at), port: bytes.readUInt16BE(at + 2 * size) },
      destination: { address: address(at + size), port: bytes.readUInt16BE(at + 2 * size + 2) },
    },
  }
}

export function proxyHeader(version: 'V1' | 'V2', { source, destination }: ProxiedAddresses): Buffer {
  const isV6 = source.address.includes(':')
  if (isV6 !== destination.address.includes(':')) return unknownHeader(version)
  if (version === 'V1') {
    const { address: from, port: fromPort } = source
    const { address: to, port: toPort } = destination
    return Buffer.from(`PROXY TCP${isV6 ? 6 : 4} ${from} ${to} ${fromPort} ${toPort}\r\n`, 'latin1')
  }
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(source.port, 0)
  ports.writeUInt16BE(destination.port, 2)
  const body = Buffer.concat([addressBytes(source.address), addressBytes(destination.address), ports])
  const family = isV6 ? FAMILY.tcp6 : FAMILY.tcp4
  return Buffer.concat([SIGNATURE, Buffer.from([COMMAND.proxy, family, 0, body.length]), body])
}

/** For a connection between families, of which neither form can tell. */
function unknownHeader(version: 'V1' | 'V2'): Buffer {
  if (version === 'V1') return Buffer.from('PROXY UNKNOWN\r\n', 'latin1')
  return Buffer.concat([SIGNATURE, Buffer.from([COMMAND.proxy, FAMILY.unspecified, 0, 0])])
}

function addressBytes(address: string): Buffer {
  const { prefix = 0n, isV6 = false } = parseRange(address) ?? {}
  return Buffer.from(prefix.toString(16).padStart(isV6 ? 32 : 8, '0'), 'hex')
}

/** IPv6 in the form of RFC 5952: the longest row of zeros is left out. */
function printAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const text = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':')
  const rows = [...text.matchAll(/(?<![^:])0(:0)+(?![^:])/g)].toSorted((a, b) => b[0].length - a[0].length)
  const [longest] = rows
  if (longest === undefined) return text
  const before = text.slice(0, longest.index).replace(/:$/, '')
  return `${before}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`
}
