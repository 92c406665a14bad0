import { internalError, invalid, invalidValue } from '../../api/errors.ts'
import { needsHealthCheck } from '../../api/kinds/core/service-strategy.ts'
import type { Service, ServicePort, ServiceSpec } from '../../api/types.generated.ts'
import { mapChanged } from '../../base/copy-on-write.ts'
import type { Random } from '../../world/random.ts'
import { draw, type Range } from './draw.ts'

/** 30000-32767; the first 86 are for those who choose (pkg/registry/core/service/portallocator/allocator.go). */
const FIRST = 30_000
const RANGE: Range = { size: 2_768, reserved: 86 }

/** The ports of the nodes that one write takes, besides what others hold. */
class PortClaims {
  readonly #taken: ReadonlySet<number>
  readonly #random: Random
  readonly #claimed = new Set<number>()

  constructor(taken: ReadonlySet<number>, random: Random) {
    this.#taken = taken
    this.#random = random
  }

  /** Counts as taken, but not refused: the Service holds it already. */
  keep(port: number): void {
    this.#claimed.add(port)
  }

  isOwn(port: number): boolean {
    return this.#claimed.has(port)
  }

  /** Why a port that was asked for is refused. */
  claim(port: number): string | undefined {
    const last = FIRST + RANGE.size - 1
    if (port < FIRST || port > last) {
      return `provided port is not in the valid range. The range of valid ports is ${FIRST}-${last}`
    }
    if (!this.#isFree(port)) return 'provided port is already allocated'
    this.#claimed.add(port)
    return undefined
  }

  any(): number | undefined {
    const offset = draw(RANGE, this.#random, (one) => this.#isFree(FIRST + one))
    if (offset === undefined) return undefined
    this.#claimed.add(FIRST + offset)
    return FIRST + offset
  }

  #isFree(port: number): boolean {
    return !this.#taken.has(port) && !this.#claimed.has(port)
  }
}

/** pkg/registry/core/service/storage/alloc.go initNodePorts, updateNodePorts and allocHealthCheckNodePort. */
export function withNodePorts(
  service: Service,
  old: Service | undefined,
  taken: () => ReadonlySet<number>,
  random: Random,
): ServiceSpec {
  const { spec } = service
  const opens = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  const checksHealth = needsHealthCheck(spec) && !(old !== undefined && needsHealthCheck(old.spec))
  if (!(opens && needsPorts(spec, old?.spec)) && !checksHealth) return spec
  const claims = new PortClaims(taken(), random)
  for (const { nodePort = 0 } of old?.spec.ports ?? []) if (nodePort !== 0) claims.keep(nodePort)
  const opened = opens ? (old === undefined ? openNew(service, claims) : openMore(service, claims)) : spec.ports
  const ports = opened === spec.ports ? spec : { ...spec, ...(opened === undefined ? {} : { ports: opened }) }
  return checksHealth ? withHealthCheckPort(ports, claims) : ports
}

function needsPorts({ ports = [] }: ServiceSpec, old: ServiceSpec | undefined): boolean {
  const before = new Set((old?.ports ?? []).map(({ nodePort = 0 }) => nodePort))
  return ports.some(({ nodePort = 0 }) => nodePort === 0 || !before.has(nodePort))
}

/** Ports of one number (DNS over TCP and over UDP) share a port of the nodes. */
function openNew(service: Service, claims: PortClaims): readonly ServicePort[] | undefined {
  const { ports } = service.spec
  const chosen = new Map<number, number>()
  return (
    ports &&
    mapChanged(ports, (port, index) => {
      const { nodePort = 0 } = port
      if (nodePort === 0 && !opensAll(service.spec)) return port
      const shared = chosen.get(port.port)
      if (shared !== undefined) {
        if (nodePort === 0) return { ...port, nodePort: shared }
        if (nodePort !== shared) demand(service, claims, index, nodePort)
        return port
      }
      const asked = ports.find((one) => one.port === port.port && (one.nodePort ?? 0) !== 0)?.nodePort ?? 0
      if (asked !== 0) demand(service, claims, index, asked)
      const given = asked === 0 ? anyPort(claims) : asked
      chosen.set(port.port, given)
      return nodePort === given ? port : { ...port, nodePort: given }
    })
  )
}

function openMore(service: Service, claims: PortClaims): readonly ServicePort[] | undefined {
  const { ports } = service.spec
  return (
    ports &&
    mapChanged(ports, (port, index) => {
      const { nodePort = 0 } = port
      if (nodePort === 0) return opensAll(service.spec) ? { ...port, nodePort: anyPort(claims) } : port
      if (!claims.isOwn(nodePort)) demand(service, claims, index, nodePort)
      return port
    })
  )
}

/** A load balancer that keeps to the pods of a node asks each node, at a port of its own, whether it has any. */
function withHealthCheckPort(spec: ServiceSpec, claims: PortClaims): ServiceSpec {
  const { healthCheckNodePort: asked = 0 } = spec
  if (asked === 0) {
    const port = claims.any()
    if (port === undefined) throw internalError('failed to allocate a HealthCheck NodePort 0: range is full')
    return { ...spec, healthCheckNodePort: port }
  }
  const why = claims.claim(asked)
  if (why !== undefined) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`)
  return spec
}

function demand({ metadata }: Service, claims: PortClaims, index: number, nodePort: number): void {
  const why = claims.claim(nodePort)
  if (why === undefined) return
  throw invalid('', 'Service', metadata.name, [invalidValue(`spec.ports[${index}].nodePort`, nodePort, why)])
}

function anyPort(claims: PortClaims): number {
  const port = claims.any()
  if (port === undefined) throw internalError('failed to allocate a nodePort: range is full')
  return port
}

function opensAll({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || allocateLoadBalancerNodePorts !== false
}
