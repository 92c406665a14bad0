import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required, tooMany } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { validateFullyQualifiedDomainName } from '../../names/domains.ts'
import { isIpV4, parseIp } from '../../names/ip-address.ts'
import { validateLabelName, validateLabels, validateLabelValue } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { DiscoveryEndpointPort, Endpoint, EndpointHints, EndpointSlice } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateNonSpecialIp } from '../validation/non-special-ip.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/discovery/validation/validation.go. */
const TOPOLOGY_LABELS_MAX = 16
const ADDRESSES_MAX = 100
const PORTS_MAX = 20_000
const ENDPOINTS_MAX = 1_000
const HINTS_MAX = 8

const ADDRESS_TYPES: readonly string[] = ['FQDN', 'IPv4', 'IPv6']
const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP']

/** ValidateEndpointSliceCreate and ValidateEndpointSliceUpdate. Endpoints that are still the same are not looked at again. */
export function* validateEndpointSlice(slice: EndpointSlice, old: EndpointSlice | undefined): Generator<Cause> {
  const { metadata, ports = [], endpoints = [] } = slice
  const addressType = unchecked(slice).addressType ?? ''
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  if (addressType === '') yield required('addressType', '')
  else if (!ADDRESS_TYPES.includes(addressType)) yield notSupported('addressType', addressType, ADDRESS_TYPES)
  if (slice.ports !== old?.ports) yield* validatePorts(ports)
  if (endpoints.length > ENDPOINTS_MAX) yield tooMany('endpoints', endpoints.length, ENDPOINTS_MAX)
  else if (slice.endpoints !== old?.endpoints) {
    const known = new Set(old?.endpoints)
    for (const [index, endpoint] of endpoints.entries()) {
      if (!known.has(endpoint)) yield* validateEndpoint(endpoint, addressType, `endpoints[${index}]`)
    }
  }
  if (old !== undefined) yield* validateImmutable(addressType, old.addressType, 'addressType')
}

function* validatePorts(ports: readonly DiscoveryEndpointPort[]): Generator<Cause> {
  if (ports.length > PORTS_MAX) {
    yield tooMany('ports', ports.length, PORTS_MAX)
    return
  }
  const names = new Set<string>()
  for (const [index, { name = '', protocol, appProtocol }] of ports.entries()) {
    const field = `ports[${index}]`
    if (name !== '') yield* invalidFor(`${field}.name`, name, validateDns1123Label(name))
    if (names.has(name)) yield duplicate(`${field}.name`, name)
    names.add(name)
    if (protocol === undefined) yield required(`${field}.protocol`, '')
    else if (!PROTOCOLS.includes(protocol)) yield notSupported(`${field}.protocol`, protocol, PROTOCOLS)
    if (appProtocol !== undefined) yield* validateLabelName(appProtocol, `${field}.appProtocol`)
  }
}

function* validateEndpoint(endpoint: Endpoint, addressType: string, field: string): Generator<Cause> {
  const { addresses = [], nodeName, hostname, hints, deprecatedTopology } = unchecked(endpoint)
  const place = `${field}.addresses`
  if (addresses.length === 0) yield required(place, 'must contain at least 1 address')
  else if (addresses.length > ADDRESSES_MAX) yield tooMany(place, addresses.length, ADDRESSES_MAX)
  for (const [index, address] of addresses.entries()) {
    yield* validateAddress(address, addressType, `${place}[${index}]`)
  }
  if (nodeName !== undefined) yield* invalidFor(`${field}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName))
  if (deprecatedTopology !== undefined) {
    const topology = `${field}.deprecatedTopology`
    const count = Object.keys(deprecatedTopology).length
    if (count > TOPOLOGY_LABELS_MAX) yield tooMany(topology, count, TOPOLOGY_LABELS_MAX)
    yield* validateLabels(deprecatedTopology, topology)
  }
  if (hostname !== undefined) yield* invalidFor(`${field}.hostname`, hostname, validateDns1123Label(hostname))
  if (hints !== undefined) yield* validateHints(hints, `${field}.hints`)
}

function* validateAddress(address: string, addressType: string, field: string): Generator<Cause> {
  if (addressType === 'FQDN') yield* validateFullyQualifiedDomainName(address, field)
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return
  const parsed = parseIp(address)
  if (parsed === undefined || isIpV4(parsed) !== (addressType === 'IPv4')) {
    yield invalidValue(field, address, `must be a valid ${addressType} address`)
  }
  yield* validateNonSpecialIp(address, field)
}

function* validateHints({ forZones = [], forNodes = [] }: EndpointHints, field: string): Generator<Cause> {
  yield* validateHintNames(forZones, `${field}.forZones`, validateLabelValue)
  yield* validateHintNames(forNodes, `${field}.forNodes`, nameIsDnsSubdomain)
}

function* validateHintNames(
  hints: readonly { readonly name: string }[],
  field: string,
  check: (name: string) => readonly string[],
): Generator<Cause> {
  if (hints.length > HINTS_MAX) {
    yield tooMany(field, hints.length, HINTS_MAX)
    return
  }
  const names = new Set<string>()
  for (const [index, { name }] of hints.entries()) {
    const place = `${field}[${index}].name`
    if (names.has(name)) yield duplicate(place, name)
    names.add(name)
    yield* invalidFor(place, name, check(name))
  }
}
