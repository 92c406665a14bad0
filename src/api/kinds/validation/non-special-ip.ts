import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { isIpV4, parseIp } from '../../names/ip-address.ts'

/**
 * An address that other hosts can reach: pkg/apis/core/validation/validation.go ValidateNonSpecialIP. For endpoints and
 * external addresses of services.
 */
export function* validateNonSpecialIp(text: string, field: string): Generator<Cause> {
  const address = parseIp(text)
  if (address === undefined) {
    yield invalidValue(field, text, 'must be a valid IP address')
    return
  }
  const { bytes } = address
  const [first = 0, second = 0, third = 0] = isIpV4(address) ? bytes.slice(-4) : bytes
  if (bytes.slice(isIpV4(address) ? -4 : 0).every((byte) => byte === 0)) {
    yield invalidValue(field, text, `may not be unspecified (${text})`)
  }
  const isV4 = isIpV4(address)
  const isLoopback = isV4 ? first === 127 : bytes.slice(0, -1).every((byte) => byte === 0) && bytes.at(-1) === 1
  if (isLoopback) yield invalidValue(field, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')
  const isLinkLocal = isV4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80
  if (isLinkLocal) {
    yield invalidValue(field, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  }
  const isMulticast = isV4 ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 0x02
  if (isMulticast) {
    yield invalidValue(field, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  }
}
