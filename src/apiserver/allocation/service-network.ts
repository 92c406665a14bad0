import { invalid, invalidValue, StatusError } from '../../api/errors.ts'
import type { Service, ServicePort, ServiceSpec } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import type { Random } from '../../world/random.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'

/** 10.96.0.0/12, as kubeadm has it; the first address is the API server's own. */
const FIRST_ADDRESS = (10 << 24) + (96 << 16)
const ADDRESSES = 2 ** 20
const NODE_PORT_FIRST = 30_000
const NODE_PORTS = 2_768
/** Random draws before the range is searched in order. */
const DRAWS = 32

/** Gives Services their cluster IPs and node ports, and refuses those that are taken. */
export function serviceNetwork(random: Random): AdmissionPlugin {
  return {
    name: 'ServiceNetwork',

    admit({ operation, kind, object, old, subresource }, { store }) {
      if (kind.plural !== 'services' || kind.group !== '' || subresource !== undefined) return undefined
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined
      const service = object as Service
      const spec = withNodePorts(
        withClusterIp(service, old as Service | undefined, store, random),
        old as Service | undefined,
        store,
        random,
      )
      return spec === service.spec ? undefined : ({ ...service, spec } as Service)
    },
  }
}

function withClusterIp(service: Service, old: Service | undefined, store: Store, random: Random): Service {
  const { spec } = service
  if (spec.type === 'ExternalName') return service
  const asked = spec.clusterIP ?? ''
  const families = { ipFamilies: spec.ipFamilies ?? ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack' }
  if (asked === 'None') {
    return { ...service, spec: { ...spec, clusterIPs: ['None'], ...families } }
  }
  if (asked !== '' && asked === old?.spec.clusterIP) return service
  const taken = new Set(
    services(store).flatMap((one) => (one.spec.clusterIP === undefined ? [] : [one.spec.clusterIP])),
  )
  if (asked !== '') {
    checkAsked(service, asked, taken)
    return { ...service, spec: { ...spec, clusterIPs: [asked], ...families } }
  }
  const address = draw(ADDRESSES - 2, random, (offset) => !taken.has(addressAt(offset + 1)))
  if (address === undefined) throw exhausted('failed to allocate IP: range is full')
  const clusterIP = addressAt(address + 1)
  return { ...service, spec: { ...spec, clusterIP, clusterIPs: [clusterIP], ...families } }
}

function checkAsked({ metadata }: Service, asked: string, taken: ReadonlySet<string>): void {
  const refuse = (why: string): never => {
    throw invalid('', 'Service', metadata.name, [invalidValue('spec.clusterIPs', [asked], why)])
  }
  const offset = offsetOf(asked)
  if (offset === undefined || offset < 0 || offset >= ADDRESSES) {
    refuse(
      `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is 10.96.0.0/12`,
    )
  }
  if (taken.has(asked)) refuse(`failed to allocate IP ${asked}: provided IP is already allocated`)
}

function withNodePorts(service: Service, old: Service | undefined, store: Store, random: Random): ServiceSpec {
  const { spec } = service
  const isOpen =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  if (!isOpen || spec.ports === undefined) return spec
  const isMissing = spec.ports.some(({ nodePort }) => nodePort === undefined || nodePort === 0)
  const own = new Set(old?.spec.ports?.map(portKey))
  const taken = new Set(
    services(store)
      .filter(({ metadata }) => metadata.uid !== service.metadata.uid)
      .flatMap((one) => (one.spec.ports ?? []).map(portKey)),
  )
  for (const [index, port] of spec.ports.entries()) {
    if (port.nodePort !== undefined && port.nodePort !== 0 && !own.has(portKey(port)))
      checkPort(service, port, { index, taken })
  }
  if (!isMissing) return spec
  return {
    ...spec,
    ports: spec.ports.map((port) => (port.nodePort === undefined || port.nodePort === 0 ? opened(port) : port)),
  }

  function opened(port: ServicePort): ServicePort {
    const before = old?.spec.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort
    const offset =
      before === undefined
        ? draw(NODE_PORTS, random, (one) => !taken.has(`${port.protocol ?? 'TCP'}/${NODE_PORT_FIRST + one}`))
        : before - NODE_PORT_FIRST
    if (offset === undefined) throw exhausted('failed to allocate a nodePort: range is full')
    const chosen = { ...port, nodePort: NODE_PORT_FIRST + offset }
    taken.add(portKey(chosen))
    return chosen
  }
}

function checkPort(
  { metadata }: Service,
  port: ServicePort,
  where: { index: number; taken: ReadonlySet<string> },
): void {
  const nodePort = port.nodePort ?? 0
  const refuse = (why: string): never => {
    throw invalid('', 'Service', metadata.name, [invalidValue(`spec.ports[${where.index}].nodePort`, nodePort, why)])
  }
  if (nodePort < NODE_PORT_FIRST || nodePort >= NODE_PORT_FIRST + NODE_PORTS) {
    refuse(
      `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_FIRST}-${NODE_PORT_FIRST + NODE_PORTS - 1}`,
    )
  }
  if (where.taken.has(portKey(port))) refuse('provided port is already allocated')
}

function portKey({ protocol, nodePort }: ServicePort): string {
  return `${protocol ?? 'TCP'}/${nodePort ?? 0}`
}

function services(store: Store): readonly Service[] {
  return store.list('/services').items as readonly unknown[] as readonly Service[]
}

/** A free place, drawn at random; once draws keep missing, the first one in order. */
function draw(size: number, random: Random, isFree: (offset: number) => boolean): number | undefined {
  for (let tries = 0; tries < DRAWS; tries++) {
    const offset = random.below(size)
    if (offset > 0 && isFree(offset)) return offset
  }
  for (let offset = 1; offset < size; offset++) if (isFree(offset)) return offset
  return undefined
}

function addressAt(offset: number): string {
  const address = FIRST_ADDRESS + offset
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.')
}

function offsetOf(address: string): number | undefined {
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = parts
  return a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d - FIRST_ADDRESS
}

function exhausted(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`)
}
