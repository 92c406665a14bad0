import { isIpV4, parseIp } from '../../api/names/ip-address.ts'

/**
 * Where the host reaches an address of the cluster: `10.244.0.5` is `127.244.0.5`, an address of the host's own loopback
 * network. Undefined for what has no such place: IPv6, loopback itself, and what would be the host's own 127.0.0.0/24.
 */
export function publishedAddress(ip: string): string | undefined {
  const parsed = parseIp(ip)
  if (parsed === undefined || !isIpV4(parsed)) return undefined
  const [, , , , , , , , , , , , a = 0, b = 0, c = 0, d = 0] = parsed.bytes
  if (a === 127 || (b === 0 && c === 0)) return undefined
  return `127.${b}.${c}.${d}`
}

/**
 * Addresses whose places are known, so that the way back is too. The first part of an address is lost on the way: that it
 * was 10 is assumed of those that were never seen.
 */
export class PublishedAddresses {
  readonly #originals = new Map<string, string>()

  published(ip: string): string | undefined {
    const published = publishedAddress(ip)
    if (published !== undefined && !ip.startsWith('10.')) this.#originals.set(published, ip)
    return published
  }

  original(published: string): string | undefined {
    if (!published.startsWith('127.')) return undefined
    return this.#originals.get(published) ?? `10.${published.slice('127.'.length)}`
  }
}
