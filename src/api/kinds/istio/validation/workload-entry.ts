import { goQuote } from '../../../../base/go-quote.ts'
import { isIpAddress, UNIX_PREFIX, unixAddressProblem } from './addresses.ts'
import { domainProblem } from './domain-names.ts'
import { isDnsLabel, type Labels, validateLabels } from './labels.ts'
import { portProblem } from './numbers.ts'
import { countOf, error, errorOf, type Maybe, type Problem, warning } from './problem.ts'

/** A machine of the mesh that is no pod, or an endpoint of a ServiceEntry. */
export interface WorkloadEntry {
  readonly address?: string
  readonly network?: string
  readonly ports?: Maybe<Readonly<Record<string, number>>>
  readonly labels?: Maybe<Labels>
}

/** An endpoint belongs to a service, whose ports it may name, and which may want it to have an IP address. */
interface Service {
  readonly ports: ReadonlySet<string>
}

export function* validateWorkloadEntry(entry: WorkloadEntry, service?: Service): Generator<Problem> {
  const { address = '', network = '', ports } = entry
  if (address === '') {
    if (network === '') {
      yield error('address is required')
      return
    }
    yield warning(`address is unset with network ${goQuote(network)}`)
  }
  const isUnix = address.startsWith(UNIX_PREFIX)
  if (isUnix) {
    yield* errorOf(unixAddressProblem(address.slice(UNIX_PREFIX.length)))
    if (countOf(ports) > 0) yield error(`unix endpoint ${address} must not include ports`)
  } else if (address !== '') {
    yield* errorOf(service === undefined ? endpointProblem(address) : endpointIpProblem(address))
  }
  yield* validateEndpointPorts(ports, service?.ports)
  yield* validateLabels(entry.labels)
  if (isUnix && service !== undefined && service.ports.size !== 1) {
    yield error('exactly 1 service port required for unix endpoints')
  }
}

/** `servicePorts`: the names that there are, where that is known. */
export function* validateEndpointPorts(
  ports: WorkloadEntry['ports'],
  servicePorts?: ReadonlySet<string>,
): Generator<Problem> {
  for (const [name, port] of Object.entries(ports ?? {})) {
    if (servicePorts?.has(name) === false) yield error(`endpoint port ${port} is not defined by the service entry`)
    yield* errorOf(portNameProblem(name))
    yield* errorOf(portProblem(port))
  }
}

export function endpointProblem(address: string): string | undefined {
  if (isIpAddress(address) || domainProblem(address) === undefined) return undefined
  return `endpoint address ${goQuote(address)} is not a valid FQDN or an IP address`
}

function endpointIpProblem(address: string): string | undefined {
  return isIpAddress(address) ? undefined : `endpoint address ${goQuote(address)} is not a valid IP address`
}

export function portNameProblem(name: string): string | undefined {
  return isDnsLabel(name) ? undefined : `invalid port name: ${name}`
}
