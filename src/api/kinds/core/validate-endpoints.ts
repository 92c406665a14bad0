import type { Cause } from '../../errors.ts'
import { required } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { validateLegacyIp } from '../../names/ip.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validatePortNumber } from '../../names/words.ts'
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateNonSpecialIp } from '../validation/non-special-ip.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateProtocol } from '../validation/ports.ts'

/** pkg/apis/core/validation/validation.go ValidateEndpoints. */
export function* validateEndpoints({ metadata, subsets = [] }: Endpoints): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  for (const [index, subset] of subsets.entries()) yield* validateSubset(subset, `subsets[${index}]`)
}

export function* validateEndpointsUpdate(endpoints: Endpoints, old: Endpoints): Generator<Cause> {
  yield* validateObjectMetaUpdate(endpoints.metadata, old.metadata)
  yield* validateEndpoints(endpoints)
}

function* validateSubset(subset: EndpointSubset, field: string): Generator<Cause> {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    yield required(field, 'must specify `addresses` or `notReadyAddresses`')
  }
  for (const [index, address] of addresses.entries()) yield* validateAddress(address, `${field}.addresses[${index}]`)
  for (const [index, address] of notReadyAddresses.entries()) {
    yield* validateAddress(address, `${field}.notReadyAddresses[${index}]`)
  }
  for (const [index, port] of ports.entries()) {
    yield* validatePort(port, `${field}.ports[${index}]`, { isNameRequired: ports.length > 1 })
  }
}

function* validateAddress({ ip, hostname = '', nodeName }: EndpointAddress, field: string): Generator<Cause> {
  yield* validateLegacyIp(ip, `${field}.ip`)
  if (hostname !== '') yield* invalidFor(`${field}.hostname`, hostname, validateDns1123Label(hostname))
  if (nodeName !== undefined) yield* invalidFor(`${field}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName))
  yield* validateNonSpecialIp(ip, `${field}.ip`)
}

function* validatePort(
  { name = '', port, protocol, appProtocol }: EndpointPort,
  field: string,
  { isNameRequired }: { readonly isNameRequired: boolean },
): Generator<Cause> {
  if (name !== '') yield* invalidFor(`${field}.name`, name, validateDns1123Label(name))
  else if (isNameRequired) yield required(`${field}.name`, '')
  yield* invalidFor(`${field}.port`, port, validatePortNumber(port))
  yield* validateProtocol(protocol, `${field}.protocol`)
  if (appProtocol !== undefined) {
    yield* invalidFor(`${field}.appProtocol`, appProtocol, validateQualifiedName(appProtocol))
  }
}
