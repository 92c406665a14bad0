import { goQuote } from '../../../../base/go-quote.ts'
import { isWildcard } from '../hosts.ts'
import { ipSubnetProblem } from './addresses.ts'
import type { Annotated } from './annotations.ts'
import { domainProblem, partialWildcardProblem, wildcardDomainProblem } from './domain-names.ts'
import { validateExportTo } from './export-to.ts'
import { validateLabels } from './labels.ts'
import { portProblem } from './numbers.ts'
import { countOf, error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'
import { isHttp, isTcp, isTls, protocolProblem } from './protocols.ts'
import { validateWorkloadSelector, type WorkloadSelector } from './selectors.ts'
import {
  endpointProblem,
  portNameProblem,
  validateEndpointPorts,
  validateWorkloadEntry,
  type WorkloadEntry,
} from './workload-entry.ts'

export interface ServiceEntry {
  readonly hosts?: Maybe<readonly string[]>
  readonly addresses?: Maybe<readonly string[]>
  readonly ports?: Maybe<readonly Maybe<ServicePort>[]>
  readonly location?: string
  readonly resolution?: string
  readonly endpoints?: Maybe<readonly Maybe<WorkloadEntry>[]>
  readonly workloadSelector?: Maybe<WorkloadSelector>
  readonly exportTo?: Maybe<readonly string[]>
}

interface ServicePort {
  readonly number?: number
  readonly protocol?: string
  readonly name?: string
  readonly targetPort?: number
}

export function* validateServiceEntry(entry: ServiceEntry, object: Annotated): Generator<Problem> {
  const selector = [...validateWorkloadSelector(entry.workloadSelector, 'service entry')]
  yield* selector
  if (selector.some(({ severity }) => severity === 'error')) return
  if (isGiven(entry.workloadSelector) && isGiven(entry.endpoints)) {
    yield error('only one of WorkloadSelector or Endpoints is allowed in Service Entry')
  }
  yield* validateHosts(entry)
  yield* validateAddresses(entry)
  yield* validatePorts(entry, object)
  yield* validateResolution(entry, object)
  yield* validateProtocolOfManyHosts(entry)
  yield* validateExportTo(entry.exportTo, { namespace: object.namespace, isServiceEntry: true })
}

function resolutionOf({ resolution = 'NONE' }: ServiceEntry): string {
  return resolution
}

function* validateHosts(entry: ServiceEntry): Generator<Problem> {
  if (countOf(entry.hosts) === 0) yield error('service entry must have at least one host')
  for (const host of entry.hosts ?? []) {
    if (host === '*') {
      yield error('invalid host *')
      continue
    }
    yield* errorOf(wildcardDomainProblem(host))
    const partial = partialWildcardProblem(host)
    if (partial !== undefined && resolutionOf(entry) !== 'DYNAMIC_DNS') yield warning(partial)
  }
}

function* validateAddresses(entry: ServiceEntry): Generator<Problem> {
  const addresses = entry.addresses ?? []
  for (const address of addresses) yield* errorOf(ipSubnetProblem(address))
  const hasRange = addresses.some((address) => address.includes('/'))
  if (hasRange && !['NONE', 'STATIC'].includes(resolutionOf(entry))) {
    yield error('CIDR addresses are allowed only for NONE/STATIC resolution types')
  }
}

function* validatePorts(entry: ServiceEntry, object: Annotated): Generator<Problem> {
  const names = new Set<string>()
  const numbers = new Set<number>()
  const isAddressed = countOf(entry.addresses) > 0 || isAddressAllocated(entry, object)
  for (const port of entry.ports ?? []) {
    if (!isGiven(port)) {
      yield error('service entry port may not be null')
      continue
    }
    const { name = '', number = 0, targetPort = 0, protocol = '' } = port
    if (names.has(name)) yield error(`service entry port name ${goQuote(name)} already defined`)
    if (numbers.has(number)) yield error(`service entry port ${number} already defined`)
    names.add(name)
    numbers.add(number)
    if (targetPort !== 0) yield* errorOf(portProblem(targetPort))
    if (!isAddressed && (protocol === '' || protocol === 'TCP')) {
      const when = 'when IP Autoallocation is not enabled'
      yield warning(`addresses are required for ports serving TCP (or unset) protocol ${when}`)
    }
    yield* errorOf(portNameProblem(name))
    yield* errorOf(protocolProblem(protocol))
    yield* errorOf(portProblem(number))
  }
}

/** Istio gives an address to services that have none, where a name is looked up at all. */
function isAddressAllocated(entry: ServiceEntry, { labels }: Annotated): boolean {
  if (resolutionOf(entry) === 'NONE') return false
  return labels['networking.istio.io/enable-autoallocate-ip']?.toLowerCase() !== 'false'
}

function* validateResolution(entry: ServiceEntry, object: Annotated): Generator<Problem> {
  const resolution = resolutionOf(entry)
  switch (resolution) {
    case 'NONE':
      if (countOf(entry.endpoints) > 0) yield error('no endpoints should be provided for resolution type none')
      if (isGiven(entry.workloadSelector)) {
        yield warning('workloadSelector should not be set when resolution mode is NONE')
      }
      break
    case 'STATIC':
      yield* validateStatic(entry)
      break
    case 'DNS':
    case 'DNS_ROUND_ROBIN':
      yield* validateDns(entry)
      break
    case 'DYNAMIC_DNS':
      yield* validateDynamicDns(entry, object)
      break
    default:
      yield error(`unsupported resolution type ${resolution}`)
  }
}

function portNames({ ports }: ServiceEntry): ReadonlySet<string> {
  return new Set((ports ?? []).filter(isGiven).map(({ name = '' }) => name))
}

function* validateStatic(entry: ServiceEntry): Generator<Problem> {
  const service = { ports: portNames(entry) }
  for (const endpoint of entry.endpoints ?? []) {
    if (isGiven(endpoint)) yield* validateWorkloadEntry(endpoint, service)
    else yield error('endpoint cannot be nil')
  }
}

function* validateDns(entry: ServiceEntry): Generator<Problem> {
  const resolution = resolutionOf(entry)
  const endpoints = entry.endpoints ?? []
  if (endpoints.length === 0) {
    const problem = (entry.hosts ?? []).map(domainProblem).find((found) => found !== undefined)
    const rule = 'hosts must be FQDN or contain only prefix wildcards if no endpoints are provided'
    if (problem !== undefined) yield error(`${rule} for resolution mode ${resolution}, ${problem}`)
  }
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) {
    yield error(`there must only be 0 or 1 endpoint for resolution mode ${resolution}`)
  }
  const servicePorts = portNames(entry)
  for (const endpoint of endpoints) {
    if (!isGiven(endpoint)) {
      yield error('endpoint cannot be nil')
      continue
    }
    yield* errorOf(endpointProblem(endpoint.address ?? ''))
    yield* validateLabels(endpoint.labels)
    yield* validateEndpointPorts(endpoint.ports, servicePorts)
  }
  if (countOf(entry.addresses) === 0) return
  for (const port of entry.ports ?? []) {
    if (!isGiven(port)) yield error('ports cannot be nil')
    else if (isTcp(port.protocol)) {
      if (countOf(entry.hosts) > 1) {
        yield warning(
          'service entry can not have more than one host specified simultaneously with address and tcp port',
        )
      }
      return
    }
  }
}

const DYNAMIC_PROTOCOLS: readonly string[] = ['http', 'tls', 'grpc', 'http2']

/** Any name that a wildcard allows, looked up when a request asks for it. */
function* validateDynamicDns(entry: ServiceEntry, { labels }: Annotated): Generator<Problem> {
  const type = `resolution type ${resolutionOf(entry)}`
  const { location = 'MESH_EXTERNAL' } = entry
  if (countOf(entry.hosts) === 0) yield error(`at least one wildcard host must be provided for ${type}`)
  for (const host of entry.hosts ?? []) {
    if (!isWildcard(host)) yield error(`host must be wildcarded for resolution mode ${resolutionOf(entry)}`)
  }
  // In upstream's texts a space is missing, twice.
  if (countOf(entry.addresses) > 0) {
    const why = 'HTTP route domains will only be generatedfrom the hosts field values'
    yield error(`addresses cannot be set for ${type}. ${why}`)
  }
  if (countOf(entry.endpoints) > 0) {
    yield error(`endpoints cannot be set for ${type}. Destination IP address determined from hostsfield values`)
  }
  for (const port of entry.ports ?? []) {
    if (!isGiven(port)) yield error('port cannot be nil')
    else if (!DYNAMIC_PROTOCOLS.includes((port.protocol ?? '').toLowerCase())) {
      yield error(`only HTTP, TLS, GRPC, and HTTP2 protocols are supported for ${type}`)
    }
  }
  if (!['MESH_EXTERNAL', 'MESH_INTERNAL'].includes(location)) {
    yield error(`location must be MESH_EXTERNAL or MESH_INTERNAL for ${type}`)
  }
  const waypoint = labels['istio.io/use-waypoint'] ?? ''
  if (location === 'MESH_INTERNAL' && !['', 'none'].includes(waypoint.toLowerCase())) {
    yield error(`location MESH_INTERNAL with ${type} is not supported when using waypoints`)
  }
}

/** Plain TCP does not say which host it is for; where names are not looked up, that is no matter. */
function* validateProtocolOfManyHosts(entry: ServiceEntry): Generator<Problem> {
  if (resolutionOf(entry) === 'NONE' || countOf(entry.hosts) < 2) return
  for (const port of entry.ports ?? []) {
    if (!isGiven(port)) yield error('ports cannot be nil')
    else if (!isHttp(port.protocol) && !isTls(port.protocol)) {
      yield error('multiple hosts provided with non-HTTP, non-TLS ports')
      return
    }
  }
}
