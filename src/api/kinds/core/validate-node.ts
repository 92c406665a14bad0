import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue } from '../../errors.ts'
import { validateLegacyCidr } from '../../names/ip.ts'
import { isIpV4, parsePrefix } from '../../names/ip-address.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { Node } from '../../types.generated.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateResourceQuantity } from '../validation/quantities.ts'
import { validateTaints } from '../validation/taints.ts'

/** pkg/apis/core/validation/validation.go ValidateNode. The path of taints is upstream's own. */
export function* validateNode(node: Node): Generator<Cause> {
  yield* validateObjectMeta(node.metadata, { namespaced: false, name: nameIsDnsSubdomain })
  yield* validateTaints(node.spec.taints ?? [], 'metadata.taints')
  yield* validateResources(node)
  yield* validatePodCidrs(node.spec.podCIDRs ?? [])
}

/** ValidateNodeUpdate, for the node and for its status alike. */
export function* validateNodeUpdate(node: Node, old: Node): Generator<Cause> {
  yield* validateObjectMetaUpdate(node.metadata, old.metadata)
  if (node.status !== old.status) {
    yield* validateResources(node)
    const seen = new Set<string>()
    for (const [index, address] of (node.status?.addresses ?? []).entries()) {
      const key = `${address.type} ${address.address}`
      if (seen.has(key)) yield duplicate(`status.addresses[${index}]`, { Type: address.type, Address: address.address })
      seen.add(key)
    }
  }
  const { podCIDRs = [], providerID = '', taints = [], externalID = '' } = node.spec
  const { podCIDRs: before = [], providerID: oldProvider = '', externalID: oldExternal = '' } = old.spec
  const rule = 'node updates may not change podCIDR except from "" to valid'
  if (before.length > 0 && before.length !== podCIDRs.length) yield forbiddenField('spec.podCIDRs', rule)
  else {
    for (const [index, range] of before.entries()) {
      if (range !== podCIDRs[index]) yield forbiddenField('spec.podCIDRs', rule)
    }
  }
  if (oldProvider !== '' && oldProvider !== providerID) {
    yield forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid')
  }
  if (taints !== old.spec.taints) yield* validateTaints(taints, 'metadata.taints')
  if (externalID !== oldExternal) yield forbiddenField('spec.externalID', 'may not be updated')
}

function* validateResources({ status }: Node): Generator<Cause> {
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, text] of Object.entries(status?.[list] ?? {})) {
      yield* validateResourceQuantity(name, text, `status.${list}.${name}`)
    }
  }
}

function* validatePodCidrs(ranges: readonly string[]): Generator<Cause> {
  const field = 'spec.podCIDRs'
  for (const [index, range] of ranges.entries()) yield* validateLegacyCidr(range, `${field}[${index}]`)
  if (ranges.length < 2) return
  const families = new Set(ranges.map(familyOf))
  if (families.size < 2 || ranges.length > 2) {
    yield invalidValue(field, ranges, 'may specify no more than one CIDR for each IP family')
  }
  const seen = new Set<string>()
  for (const [index, range] of ranges.entries()) {
    if (seen.has(range)) yield duplicate(`${field}[${index}]`, range)
    seen.add(range)
  }
}

function familyOf(range: string): 4 | 6 | undefined {
  const prefix = parsePrefix(range)
  if (prefix === undefined) return undefined
  return isIpV4(prefix.address) ? 4 : 6
}
