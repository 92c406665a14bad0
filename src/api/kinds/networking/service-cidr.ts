import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { type IpPrefix, isIpV4, networkOf, parsePrefix, printNetwork, sameIp } from '../../names/ip-address.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ServiceCIDR as ServiceCIDRObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

export type ServiceCIDR = ServiceCIDRObject

/** One for each family of addresses. */
const CIDRS_MAX = 2

export const ServiceCIDR: Kind<ServiceCIDR> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.networking.v1.ServiceCIDR'),

  prepareForCreate: (cidr) => ({ ...cidr, status: {} }),
  prepareForUpdate: keepStatus,
  statusKeeps: 'metadata',
  validate,
  columns: [
    nameColumn(),
    {
      name: 'CIDRs',
      type: 'string',
      description: 'The IP blocks from which services get their addresses.',
      cell: ({ spec }) => (spec.cidrs ?? []).join(','),
    },
    ageColumn(),
  ],
}

/** pkg/apis/networking/validation/validation.go ValidateServiceCIDR and ValidateServiceCIDRUpdate. */
function* validate({ metadata, spec }: ServiceCIDR, old?: ServiceCIDR): Generator<Cause> {
  const field = 'spec.cidrs'
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validateImmutable(spec.cidrs, old.spec.cidrs, field)
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  const { cidrs = [] } = spec
  if (cidrs.length === 0) yield required(field, 'at least one CIDR required')
  else if (cidrs.length > CIDRS_MAX) yield invalidValue(field, { CIDRs: cidrs }, 'may only hold up to 2 values')
  else if (cidrs.length === CIDRS_MAX && !areOfBothFamilies(cidrs)) {
    const rule = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    yield invalidValue(field, { CIDRs: cidrs }, rule)
  } else {
    for (const [index, cidr] of cidrs.entries()) yield* validateCidr(cidr, `${field}[${index}]`)
  }
}

function areOfBothFamilies(cidrs: readonly string[]): boolean {
  const prefixes = cidrs.map(parsePrefix).filter((prefix): prefix is IpPrefix => prefix !== undefined)
  return new Set(prefixes.map(({ address }) => isIpV4(address))).size === CIDRS_MAX
}

function* validateCidr(cidr: string, field: string): Generator<Cause> {
  const prefix = parsePrefix(cidr)
  if (prefix === undefined || !prefix.standard) {
    const why = cidr.includes('/') ? `ParseAddr(${JSON.stringify(cidr.split('/')[0])}): unable to parse IP` : "no '/'"
    yield invalidValue(field, cidr, `netip.ParsePrefix(${JSON.stringify(cidr)}): ${why}`)
    return
  }
  if (!sameIp(prefix.address, networkOf(prefix))) {
    yield invalidValue(field, cidr, "wrong CIDR format, IP doesn't match network IP address")
  } else if (printNetwork(prefix) !== cidr) {
    yield invalidValue(field, cidr, 'CIDR not in RFC 5952 canonical format')
  }
}
