import type { MeshService } from '../registry/mesh-service.ts'
import { principalOf, type Workload } from '../registry/workload.ts'
import type { IncomingConnection, Parties } from './steps.ts'

/** Of a workload that the other side has proved to be. */
export function provenPrincipal(workload: Workload | undefined, isMutualTls: boolean): string | undefined {
  return isMutualTls && workload !== undefined ? principalOf(workload) : undefined
}

export function serviceNamed(service: MeshService | undefined): Parties['service'] {
  if (service === undefined) return undefined
  const { host, name, namespace } = service
  return { host, name, namespace }
}

export function addressesOf({ source, destination }: IncomingConnection): {
  readonly downstreamAddress: string
  readonly localAddress: string
} {
  return {
    downstreamAddress: `${source.address}:${source.port}`,
    localAddress: `${destination.address}:${destination.port}`,
  }
}
