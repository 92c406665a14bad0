import type { Cause } from '../../api/errors.ts'
import { invalid, invalidValue } from '../../api/errors.ts'
import { isHeadless } from '../../api/kinds/core/service-strategy.ts'
import { validateServiceAddresses } from '../../api/kinds/core/validate-service-addresses.ts'
import { isIpV4, parseIp } from '../../api/names/ip-address.ts'
import type { Service, ServiceSpec } from '../../api/types.generated.ts'
import { changed } from '../../base/copy-on-write.ts'
import { deepEqual } from '../../base/equal.ts'

/** The family of the cluster's one range of addresses. */
const FAMILY = 'IPv4'

/** pkg/registry/core/service/storage/alloc.go initIPFamilyFields, in a cluster of one family. */
export function withIpFamilies({ metadata, spec }: Service, old: ServiceSpec | undefined): ServiceSpec {
  if (spec.type === 'ExternalName' || isUnchangedPreference(spec, old)) return spec
  const refuseIfAny = (causes: readonly Cause[]): void => {
    if (causes.length > 0) throw invalid('', 'Service', metadata.name, causes)
  }
  const given = changed(spec, { ipFamilyPolicy: spec.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? defaultPolicy(spec) })
  refuseIfAny([...validateServiceAddresses(given)])
  refuseIfAny([...(old === undefined ? [] : validateReduction(given, old)), ...validatePolicy(given)])
  const families = [...(given.ipFamilies ?? []), ...inferredFamilies(given)]
  if (isAnybodys(given)) {
    const first = families[0] ?? FAMILY
    const isDual = families.length < 2 && given.ipFamilyPolicy !== 'SingleStack'
    return withFamilies(given, isDual ? [first, first === 'IPv4' ? 'IPv6' : 'IPv4'] : families)
  }
  refuseIfAny([...validateConfigured(given, families)])
  return withFamilies(given, families)
}

/** A Service whose addresses nobody hands out: it has no cluster IP, and others tell what is behind it. */
function isAnybodys({ clusterIP, selector = {} }: ServiceSpec): boolean {
  return clusterIP === 'None' && Object.keys(selector).length === 0
}

function defaultPolicy(spec: ServiceSpec): string {
  return isAnybodys(spec) ? 'RequireDualStack' : 'SingleStack'
}

function withFamilies(spec: ServiceSpec, families: readonly string[]): ServiceSpec {
  const ipFamilies = families.length === 0 ? [FAMILY] : families
  return deepEqual(ipFamilies, spec.ipFamilies) ? spec : { ...spec, ipFamilies }
}

/** Where a second family is preferred but not had, the Service does not learn of it by being written again. */
function isUnchangedPreference(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  return (
    old !== undefined &&
    spec.type === old.type &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? []) &&
    deepEqual(spec.ipFamilies ?? [], old.ipFamilies ?? [])
  )
}

function* validateReduction(spec: ServiceSpec, old: ServiceSpec): Generator<Cause> {
  if (spec.ipFamilyPolicy === 'SingleStack') return
  const field = 'spec.ipFamilyPolicy'
  const isReduced = (name: 'clusterIPs' | 'ipFamilies'): boolean => {
    const { length } = spec[name] ?? []
    return length > 0 && length < (old[name] ?? []).length
  }
  if (isReduced('clusterIPs')) {
    yield invalidValue(field, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP")
  }
  if (isReduced('ipFamilies')) {
    yield invalidValue(field, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family")
  }
}

function* validatePolicy({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): Generator<Cause> {
  const field = 'spec.ipFamilyPolicy'
  const rule = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
  if (ipFamilyPolicy === 'SingleStack') {
    if (clusterIPs.length === 2) yield invalidValue(field, ipFamilyPolicy, `${rule} cluster IPs are specified`)
    if (ipFamilies.length === 2) yield invalidValue(field, ipFamilyPolicy, `${rule} IP families are specified`)
  }
  for (const [index, address] of clusterIPs.entries()) {
    if (address === 'None') break
    if (index < ipFamilies.length || familyOf(address) === FAMILY) continue
    yield invalidValue(
      `spec.clusterIPs[${index}]`,
      clusterIPs,
      `${familyOf(address)} is not configured on this cluster`,
    )
  }
}

function inferredFamilies(spec: ServiceSpec): readonly string[] {
  const { clusterIPs = [], ipFamilies = [] } = spec
  return isHeadless(spec) ? [] : clusterIPs.slice(ipFamilies.length).map(familyOf)
}

function* validateConfigured({ ipFamilyPolicy }: ServiceSpec, families: readonly string[]): Generator<Cause> {
  if (ipFamilyPolicy === 'RequireDualStack') {
    const rule = 'this cluster is not configured for dual-stack services'
    yield invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, rule)
  }
  for (const [index, family] of families.entries()) {
    if (family !== FAMILY) yield invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')
  }
}

function familyOf(text: string): string {
  const address = parseIp(text)
  if (address === undefined) return 'unknown'
  return isIpV4(address) ? 'IPv4' : 'IPv6'
}
