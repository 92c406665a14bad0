import { goQuote } from '../../../../base/go-quote.ts'
import { parseIp, parsePrefix, widthOf } from '../../../names/ip-address.ts'
import { readInteger } from './numbers.ts'

/* Addresses as Go's net/netip reads them: no leading zeros; an IPv6 address may name its zone. */

export const UNIX_PREFIX = 'unix://'

export function isIpAddress(text: string): boolean {
  const percent = text.indexOf('%')
  if (percent < 0) return parseIp(text)?.standard === true
  const address = text.slice(0, percent)
  return percent < text.length - 1 && address.includes(':') && parseIp(address)?.standard === true
}

export function ipAddressProblem(text: string): string | undefined {
  return isIpAddress(text) ? undefined : `${text} is not a valid IP`
}

/** An address, or a range of them as `10.0.0.0/8`. */
export function ipSubnetProblem(text: string): string | undefined {
  if (text.split('/').length !== 2) return ipAddressProblem(text)
  return prefixProblem(text) === undefined ? undefined : `${text} is not a valid CIDR block`
}

/** What netip.ParsePrefix says of a text that it cannot read. */
export function prefixProblem(text: string): string | undefined {
  const slash = text.lastIndexOf('/')
  const problem = slash < 0 ? "no '/'" : partsProblem(text.slice(0, slash), text.slice(slash + 1))
  return problem === undefined ? undefined : `netip.ParsePrefix(${goQuote(text)}): ${problem}`
}

function partsProblem(address: string, bits: string): string | undefined {
  if (!isIpAddress(address)) return `ParseAddr(${goQuote(address)}): ${parseProblem(address)}`
  if (address.includes('%')) return 'IPv6 zones cannot be present in a prefix'
  const length = readInteger(bits)
  if (length === undefined || (bits.length > 1 && !/^[1-9]/.test(bits))) return `bad bits after slash: ${goQuote(bits)}`
  const parsed = parsePrefix(`${address}/0`)
  const isOutside = parsed === undefined || length < 0 || length > widthOf(parsed.address)
  return isOutside ? 'prefix length out of range' : undefined
}

/** As net/netip words it, field by field for IPv4. */
function parseProblem(address: string): string {
  const mark = /[.:%]/.exec(address)?.[0]
  if (mark === '%') return 'missing IPv6 address'
  if (mark !== '.') return 'unable to parse IP'
  const strange = /[^\d.]/.exec(address)
  const fields = (strange === null ? address : address.slice(0, strange.index)).split('.')
  for (const [index, field] of fields.entries()) {
    if (/^0\d/.test(field)) return 'IPv4 field has octet with leading zero'
    if (Number(field) > 255) return 'IPv4 field has value >255'
    const isCut = strange !== null && index === fields.length - 1
    if (field === '' && !isCut) {
      const at = fields.slice(0, index).join('.').length
      return `IPv4 field must have at least one digit (at ${goQuote(address.slice(at))})`
    }
    if (index > 3) return 'IPv4 address too long'
  }
  return strange === null
    ? 'IPv4 address too short'
    : `unexpected character (at ${goQuote(address.slice(strange.index))})`
}

/** The path of a Unix socket; an abstract one starts with `@`. */
export function unixAddressProblem(path: string): string | undefined {
  if (path === '') return 'unix address must not be empty'
  if (path.startsWith('@')) return undefined
  return path.startsWith('/') && !path.endsWith('/') ? undefined : `${path} is not an absolute path to a file`
}

/** `host:port` taken apart as Go's net.SplitHostPort does. */
export function splitHostPort(text: string): { host: string; port: string; problem?: string } {
  const failed = (why: string) => ({ host: '', port: '', problem: `address ${text}: ${why}` })
  const colon = text.lastIndexOf(':')
  if (colon < 0) return failed('missing port in address')
  const port = text.slice(colon + 1)
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    if (end < 0) return failed("missing ']' in address")
    if (end + 1 === text.length) return failed('missing port in address')
    if (end + 1 !== colon)
      return failed(text[end + 1] === ':' ? 'too many colons in address' : 'missing port in address')
    return { host: text.slice(1, end), port }
  }
  const host = text.slice(0, colon)
  if (host.includes(':')) return failed('too many colons in address')
  if (host.includes('[')) return failed("unexpected '[' in address")
  if (text.includes(']')) return failed("unexpected ']' in address")
  return { host, port }
}
