import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required } from '../../errors.ts'
import { validateLegacyIp } from '../../names/ip.ts'
import { isIpV4, parseIp } from '../../names/ip-address.ts'
import type { ServiceSpec } from '../../types.generated.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { isHeadless } from './service-strategy.ts'

const FAMILIES: readonly string[] = ['IPv4', 'IPv6']
const FAMILY_POLICIES: readonly string[] = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

/** pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields. */
export function* validateServiceAddresses(spec: ServiceSpec): Generator<Cause> {
  if (spec.type === 'ExternalName') return
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec
  const field = 'spec.clusterIPs'
  if (clusterIP === '') {
    if (clusterIPs.length > 0) yield invalidValue(field, clusterIPs, 'must be empty when `clusterIP` is not specified')
  } else if (clusterIPs.length === 0) yield required(field, '')
  else if (clusterIPs[0] !== clusterIP) yield invalidValue(field, clusterIPs, 'first value must match `clusterIP`')
  const seen = new Set<string>()
  for (const [index, family] of ipFamilies.entries()) {
    if (!FAMILIES.includes(family)) yield notSupported(`spec.ipFamilies[${index}]`, family, FAMILIES)
    if (seen.has(family)) yield duplicate(`spec.ipFamilies[${index}]`, family)
    seen.add(family)
  }
  yield* validateOptionalChoice(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', FAMILY_POLICIES)
  const malformed = [...validateTexts(clusterIPs)]
  yield* malformed
  if (clusterIPs.length > 2) yield invalidValue(field, clusterIPs, 'may only hold up to 2 values')
  if (malformed.length > 0) return
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size < 2) {
    yield invalidValue(field, clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (isHeadless(spec)) return
  for (const [index, family] of ipFamilies.entries()) {
    const address = clusterIPs[index]
    if (address === undefined || familyOf(address) === family) continue
    yield invalidValue(
      `${field}[${index}]`,
      address,
      `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
    )
  }
}

/** Addresses and families that were once chosen stay; a second one may come and go. */
export function* validateAddressChange(spec: ServiceSpec, old: ServiceSpec): Generator<Cause> {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return
  if (!(isHeadless(spec) && isHeadless(old))) yield* validateChange('clusterIPs', spec, old)
  if (!isHeadless(spec) && !isHeadless(old)) yield* validateChange('ipFamilies', spec, old)
}

const SINGULAR = { clusterIPs: 'clusterIP', ipFamilies: 'ipFamily' } as const

/** validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies. */
function* validateChange(name: 'clusterIPs' | 'ipFamilies', spec: ServiceSpec, old: ServiceSpec): Generator<Cause> {
  const after = spec[name] ?? []
  const before = old[name] ?? []
  const field = `spec.${name}`
  if (before.length === after.length) {
    for (const [index, one] of before.entries()) {
      if (one === after[index]) continue
      yield invalidValue(`${field}[${name === 'clusterIPs' ? index : 0}]`, after, 'may not change once set')
    }
    return
  }
  if (before.length > after.length && (spec.clusterIPs ?? []).length === 0) {
    yield invalidValue(`${field}[0]`, after, `primary ${SINGULAR[name]} can not be unset`)
  }
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) {
    yield invalidValue(`${field}[0]`, spec.clusterIPs ?? [], 'may not change once set')
  }
  if (before.length > after.length && after.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const rule = `must be set to 'SingleStack' when releasing the secondary ${SINGULAR[name]}`
    yield invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, rule)
  }
}

function* validateTexts(clusterIPs: readonly string[]): Generator<Cause> {
  for (const [index, address] of clusterIPs.entries()) {
    if (index > 0 || address !== 'None') yield* validateLegacyIp(address, `spec.clusterIPs[${index}]`)
    else if (clusterIPs.length > 1) {
      yield invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")
    }
  }
}

function familyOf(text: string): 'IPv4' | 'IPv6' | undefined {
  const address = parseIp(text)
  if (address === undefined) return undefined
  return isIpV4(address) ? 'IPv4' : 'IPv6'
}
