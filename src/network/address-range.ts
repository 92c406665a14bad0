import { networkOf, parseIp, parsePrefix, sameIp } from '../api/names/ip-address.ts'

/** Whether an address lies in a range such as `10.244.0.0/24`. */
export function contains(cidr: string, ip: string): boolean {
  const range = parsePrefix(cidr)
  const address = parseIp(ip)
  if (range === undefined || address === undefined || range.address.writtenAs !== address.writtenAs) return false
  return sameIp(networkOf(range), networkOf({ address, length: range.length, standard: true }))
}
