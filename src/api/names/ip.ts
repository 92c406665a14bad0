import type { Cause } from '../errors.ts'
import { invalidValue } from '../errors.ts'
import {
  isIpV4,
  isV4MappedV6,
  networkOf,
  parseIp,
  parsePrefix,
  printIp,
  printNetwork,
  sameIp,
  widthOf,
} from './ip-address.ts'

/**
 * The rules for IP addresses and CIDRs in API fields: k8s.io/apimachinery pkg/util/validation/ip.go.
 *
 * Newer fields demand the canonical form. Fields that are older than that rule ("legacy") accept any form of the same
 * address; `strict` (the default since StrictIPCIDRValidation) still refuses those that programs read differently.
 */
export function validateIp(value: string, field: string): readonly Cause[] {
  const causes = validateLegacyIp(value, field)
  if (causes.length > 0) return causes
  const address = parseIp(value)
  return address === undefined ? causes : expectCanonical(value, printIp(address), field)
}

export interface LegacyOptions {
  readonly strict?: boolean
  /** What the stored object holds stays valid. */
  readonly validBefore?: readonly string[]
}

export function validateLegacyIp(
  value: string,
  field: string,
  { strict = true, validBefore = [] }: LegacyOptions = {},
): readonly Cause[] {
  if (validBefore.includes(value)) return []
  const address = parseIp(value)
  if (address === undefined) {
    return [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  }
  if (!strict) return []
  if (!address.standard) return [invalidValue(field, value, 'must not have leading 0s')]
  return isV4MappedV6(address) ? [invalidValue(field, value, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** For a network such as 192.168.1.0/24: no bits may be set beyond the prefix. */
export function validateCidr(value: string, field: string): readonly Cause[] {
  const causes = validateLegacyCidr(value, field)
  if (causes.length > 0) return causes
  const prefix = parsePrefix(value)
  return prefix === undefined ? causes : expectCanonical(value, printNetwork(prefix), field)
}

export function validateLegacyCidr(
  value: string,
  field: string,
  { strict = true, validBefore = [] }: LegacyOptions = {},
): readonly Cause[] {
  if (validBefore.includes(value)) return []
  const prefix = parsePrefix(value)
  if (prefix === undefined) {
    return [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  }
  if (!strict) return []
  if (!prefix.standard) return [invalidValue(field, value, 'must not have leading 0s in IP or prefix length')]
  if (isV4MappedV6(prefix.address)) {
    return [invalidValue(field, value, 'must not have an IPv4-mapped IPv6 address')]
  }
  if (sameIp(prefix.address, networkOf(prefix))) return []
  return [invalidValue(field, value, 'must not have bits set beyond the prefix length')]
}

/** For an address with the length of its network's prefix, such as 192.168.1.5/24. */
export function validateInterfaceAddress(value: string, field: string): readonly Cause[] {
  const prefix = parsePrefix(value)
  if (prefix === undefined) {
    return [invalidValue(field, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
  }
  const length = isIpV4(prefix.address) && prefix.length > 32 ? prefix.length - 96 : prefix.length
  return expectCanonical(value, `${printIp(prefix.address)}/${length}`, field)
}

/** For a legacy field whose value is valid: what to say about an unusual form. */
export function warningsForIp(value: string, field: string): readonly string[] {
  const address = parseIp(value)
  if (address === undefined) return []
  const canonical = printIp(address)
  if (!address.standard || isV4MappedV6(address)) {
    return [`${field}: non-standard IP address "${value}" is invalid: use "${canonical}"`]
  }
  if (address.writtenAs === 4 || canonical === value) return []
  return [`${field}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${canonical}")`]
}

export function warningsForCidr(value: string, field: string): readonly string[] {
  const prefix = parsePrefix(value)
  if (prefix === undefined) return []
  const canonical = printNetwork(prefix)
  const warnings: string[] = []
  if (!sameIp(prefix.address, networkOf(prefix))) {
    const single = `${printIp(prefix.address)}/${widthOf(prefix.address)}`
    warnings.push(
      `${field}: CIDR value "${value}" is ambiguous in this context (should be "${canonical}" or "${single}"?)`,
    )
  }
  if (!prefix.standard || isV4MappedV6(prefix.address)) {
    warnings.push(`${field}: non-standard CIDR value "${value}" is invalid: use "${canonical}"`)
  }
  if (warnings.length === 0 && prefix.address.writtenAs === 6 && canonical !== value) {
    return [`${field}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${canonical}")`]
  }
  return warnings
}

function expectCanonical(value: string, canonical: string, field: string): readonly Cause[] {
  return value === canonical ? [] : [invalidValue(field, value, `must be in canonical form ("${canonical}")`)]
}
