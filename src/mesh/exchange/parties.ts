import type { MeshService } from '../registry/mesh-service.ts'
import { principalOf, type Workload } from '../registry/workload.ts'
import type { Parties } from './records.ts'
import type { IncomingConnection } from './steps.ts'

/** Of a workload that the other side has proved to be. */
export function provenPrincipal(workload: Workload | undefined, isMutualTls: boolean): string | undefined {
  return isMutualTls && workload !== undefined ? principalOf(workload) : undefined
}

/**
 * Who calls, as the called side's proxy can tell: callers say who they are by a header of their proxies, and those without one
 * stay unknown (istio/proxy source/extensions/filters/http/peer_metadata).
 */
export function knownCaller(
  { client, source }: IncomingConnection,
  mesh: { workloadAt(address: string): Workload | undefined },
): Workload | undefined {
  const caller = client ?? mesh.workloadAt(source.address)
  return caller?.hasSidecar === true ? caller : undefined
}

export function serviceNamed(service: MeshService | undefined): Parties['service'] {
  if (service === undefined) return undefined
  const { host, name, namespace } = service
  return { host, name, namespace }
}

export function addressText({ address, port }: IncomingConnection['source']): string {
  return `${address}:${port}`
}
