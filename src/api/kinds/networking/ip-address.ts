import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { required } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { parseIp, printIp } from '../../names/ip-address.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { IPAddress as IPAddressObject, ParentReference } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

export type IPAddress = IPAddressObject

export const IPAddress: Kind<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  namespaced: false,
  shortNames: ['ip'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.networking.v1.IPAddress'),

  validate,
  columns: [
    nameColumn(),
    {
      name: 'ParentRef',
      type: 'string',
      description: 'The resource that the address belongs to.',
      cell: ({ spec }) => printParent(unchecked(spec).parentRef),
    },
    ageColumn(),
  ],
  selectableFields: [{ path: 'spec.parentRef.name', value: ({ spec }) => unchecked(spec).parentRef?.name ?? '' }],
}

/** pkg/apis/networking/validation/validation.go ValidateIPAddress and ValidateIPAddressUpdate. */
function* validate({ metadata, spec }: IPAddress, old?: IPAddress): Generator<Cause> {
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validateImmutable(spec.parentRef, old.spec.parentRef, 'spec.parentRef')
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: false, name: problemsOfName })
  const { parentRef } = unchecked(spec)
  if (parentRef === undefined) yield required('spec.parentRef', '')
  else yield* validateParent(parentRef, 'spec.parentRef')
}

function problemsOfName(name: string): readonly string[] {
  const address = parseIp(name)
  if (address === undefined || !address.standard) return [`ParseAddr(${JSON.stringify(name)}): unable to parse IP`]
  return printIp(address) === name ? [] : ['must be a canonical format IP address']
}

/** Services are of the group that has no name. */
function* validateParent(
  { group = '', resource = '', name = '', namespace = '' }: Unchecked<ParentReference>,
  field: string,
): Generator<Cause> {
  if (group !== '') yield* invalidFor(`${field}.group`, group, validateDns1123Subdomain(group))
  for (const [part, value] of Object.entries({ resource, name })) {
    if (value === '') yield required(`${field}.${part}`, '')
    else yield* invalidFor(`${field}.${part}`, value, nameIsPathSegment(value))
  }
  yield* invalidFor(`${field}.namespace`, namespace, nameIsPathSegment(namespace))
}

function printParent(parent: ParentReference | undefined): string {
  if (parent === undefined) return NONE
  const { group = '', resource, namespace = '', name } = parent
  const what = (group === '' ? resource : `${resource}.${group}`).toLowerCase()
  return namespace === '' ? `${what}/${name}` : `${what}/${namespace}/${name}`
}
