import type { Service } from '../../api/kinds/core/service.ts'
import { printKey } from '../../api/object.ts'
import type { Address } from '../service-endpoints.ts'

/** One port of a Service that the host is to reach. */
export interface ServiceDoor {
  /** Unlike those of all others: `service/shop/web:80`. */
  readonly name: string
  readonly port: number
  /** The address of the cluster that it stands for; 127.0.0.1 for ports of nodes. */
  readonly at: Address
}

const LOOPBACK = '127.0.0.1'

/**
 * Where a Service is reached from the host: at each of its addresses, its node ports on 127.0.0.1, and the ports of a
 * load balancer there too, so that `curl localhost` works where they are free.
 */
export function serviceDoors({ metadata, spec, status }: Service): readonly ServiceDoor[] {
  const key = printKey(metadata)
  const doors: ServiceDoor[] = []
  const balancers = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
  const addresses = [
    ...(spec.clusterIPs ?? []).filter((ip) => ip !== 'None'),
    ...(spec.externalIPs ?? []),
    ...balancers,
  ]
  for (const { port, nodePort, protocol = 'TCP' } of spec.ports ?? []) {
    if (protocol !== 'TCP') continue
    for (const ip of new Set(addresses)) doors.push({ name: `service/${key}/${ip}:${port}`, port, at: { ip, port } })
    if (nodePort !== undefined) {
      doors.push({ name: `service/${key}/node:${nodePort}`, port, at: { ip: LOOPBACK, port: nodePort } })
    }
    if (balancers.length > 0) {
      doors.push({ name: `service/${key}/balancer:${port}`, port, at: { ip: LOOPBACK, port } })
    }
  }
  return doors
}
