import { parseIp, printIp } from '../../api/names/ip-address.ts'

/** The address of `5.0.244.10.in-addr.arpa`, or of its like for IPv6; undefined where it is none (RFC 1035, 3.5; RFC 3596, 2.5). */
export function reversedAddress(name: string): string | undefined {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1]
  if (v4 !== undefined) return standard(v4.slice(0, -1).split('.').toReversed().join('.'))
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1]
  if (v6 === undefined) return undefined
  const digits = v6.replaceAll('.', '').split('').toReversed().join('')
  return standard((digits.match(/.{4}/g) ?? []).join(':'))
}

function standard(text: string): string | undefined {
  const address = parseIp(text)
  return address === undefined ? undefined : printIp(address)
}
