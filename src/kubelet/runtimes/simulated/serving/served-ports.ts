import type { ListeningPort, Serving } from '../../../../api/kinds/dabba/serving.ts'
import type { Container } from '../../../../api/types.generated.ts'
import { portOf } from '../../../probes/http-get.ts'

const NONE: readonly ListeningPort[] = []

/** Where a container listens: where its model says, or else at its TCP ports and wherever its probes look for it. */
export function servedPorts(container: Container, { ports }: Serving): readonly ListeningPort[] {
  if (ports !== undefined) return ports
  const { startupProbe, readinessProbe, livenessProbe } = container
  // Most containers of ten thousand have neither: no list is made for them.
  if (container.ports === undefined && (startupProbe ?? readinessProbe ?? livenessProbe) === undefined) return NONE
  const found = new Map<number, ListeningPort>()
  for (const { containerPort, protocol = 'TCP' } of container.ports ?? []) {
    if (protocol === 'TCP') found.set(containerPort, { port: containerPort, protocol: 'HTTP' })
  }
  for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
    const { httpGet, tcpSocket, grpc } = probe ?? {}
    const host = httpGet?.host ?? tcpSocket?.host ?? ''
    const port = portOf(httpGet?.port ?? tcpSocket?.port ?? grpc?.port ?? Number.NaN, container)
    if (host !== '' || !Number.isInteger(port)) continue
    if (grpc !== undefined) found.set(port, { port, protocol: 'GRPC' })
    else if (httpGet?.scheme === 'HTTPS') found.set(port, { port, protocol: 'HTTPS' })
    else if (!found.has(port)) found.set(port, { port, protocol: 'HTTP' })
  }
  return [...found.values()]
}
