import type { Registry } from './mesh-objects.ts'
import { compareAge } from '../config/ordered.ts'
import type { MeshEndpoint, MeshService } from './mesh-service.ts'

/** A service, and which of its endpoints is meant. */
export interface ServedHere {
  readonly service: MeshService
  readonly endpoint: MeshEndpoint
}

/** All services that lead to addresses, oldest first. */
export function servicesAt({ serviceTable: services }: Registry, addresses: readonly string[]): readonly ServedHere[] {
  const hosts = new Set(addresses.flatMap((address) => services.byEndpoint.get(address) ?? []))
  return [...hosts]
    .flatMap((host) => services.byHost.get(host) ?? [])
    .toSorted(compareAge)
    .flatMap((service) =>
      service.endpoints.filter(({ address }) => addresses.includes(address)).map((endpoint) => ({ service, endpoint })),
    )
}
