import { QuantityError } from '../../quantity-parse.ts'
import { milliValueOf, printQuantity } from '../../quantity.ts'
import type { Container, ContainerPort, EnvVar, PodSpec } from '../../types.generated.ts'
import { readQuantity, type ResourceList } from '../validation/resource-lists.ts'
import { containersWithPath } from './containers-of.ts'

const COUNTED_IN_BYTES: readonly string[] = ['memory', 'ephemeral-storage']

/** Half a byte is a typing error: `100m` of memory was meant to be `100Mi`. */
export function* fractionWarnings(
  list: ResourceList | undefined,
  field: string,
  names: readonly string[] = COUNTED_IN_BYTES,
): Generator<string> {
  for (const name of names) {
    const text = list?.[name]
    const value = text === undefined ? undefined : readQuantity(text)
    if (value === undefined || value instanceof QuantityError || milliValueOf(value) % 1000 === 0) continue
    yield `${field}[${name}]: fractional byte value "${printQuantity(value)}" is invalid, must be an integer`
  }
}

export function* containerWarnings({ resources, env = [] }: Container, field: string): Generator<string> {
  for (const name of COUNTED_IN_BYTES) {
    yield* fractionWarnings(resources?.limits, `${field}.resources.limits`, [name])
    yield* fractionWarnings(resources?.requests, `${field}.resources.requests`, [name])
  }
  const names = new Set<string>()
  for (const [index, variable] of env.entries()) {
    if (names.has(variable.name) && hidesPrevious(variable)) {
      const warning = `hides previous definition of "${variable.name}", which may be dropped when using apply`
      yield `${field}.env[${index}]: ${warning}`
    }
    names.add(variable.name)
  }
}

/** A later definition of a variable is fine where it builds on the earlier one: `PATH=$(PATH):/opt/bin`. */
function hidesPrevious({ name, value = '', valueFrom }: EnvVar): boolean {
  const reference = `$(${name})`
  return valueFrom !== undefined || value === reference || !value.includes(reference)
}

/** Ports that several containers define. */
export function* portWarnings(spec: PodSpec, field: string): Generator<string> {
  const known = new Map<string, { readonly place: string; readonly port: ContainerPort }[]>()
  for (const [{ ports = [] }, container] of containersWithPath(spec, field)) {
    for (const [index, port] of ports.entries()) {
      const place = `${container}.ports[${index}]`
      if ((port.hostIP ?? '') !== '' && (port.hostPort ?? 0) === 0) {
        yield `${place}: hostIP set without hostPort: ${printPort(port)}`
      }
      const key = `${port.containerPort}/${port.protocol ?? ''}`
      const others = known.get(key) ?? []
      for (const other of others) {
        const conflict = conflictOf(port, other.port)
        if (conflict !== undefined) yield `${place}: ${conflict} port definition with ${other.place}`
      }
      known.set(key, [...others, { place, port }])
    }
  }
}

function conflictOf(one: ContainerPort, other: ContainerPort): string | undefined {
  const { hostIP = '', hostPort = 0 } = one
  const { hostIP: otherIp = '', hostPort: otherPort = 0 } = other
  if (hostIP === otherIp && hostPort === otherPort) return 'duplicate'
  if (hostPort === 0 || otherPort === 0) return 'overlapping'
  return hostPort === otherPort && (hostIP === '' || otherIp === '') ? 'dangerously ambiguous' : undefined
}

/** As Go prints the port with `%+v`. */
function printPort({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
}
