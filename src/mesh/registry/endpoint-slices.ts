import type { ApiObject } from '../../api/object.ts'
import type { MeshEndpoint } from './mesh-service.ts'

interface EndpointSlice extends ApiObject {
  readonly endpoints?: readonly {
    readonly addresses?: readonly string[]
    readonly conditions?: { readonly ready?: boolean }
  }[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[]
}

const SERVICE_NAME = 'kubernetes.io/service-name'

/** The ready endpoints of each Service, by `namespace/name`. */
export function endpointsByService(objects: Iterable<ApiObject>): ReadonlyMap<string, readonly MeshEndpoint[]> {
  const byService = new Map<string, MeshEndpoint[]>()
  for (const object of objects) {
    if (object.kind !== 'EndpointSlice') continue
    const { namespace = 'default', labels } = object.metadata
    const key = `${namespace}/${labels?.[SERVICE_NAME] ?? ''}`
    const known = byService.get(key) ?? []
    byService.set(key, known)
    known.push(...endpointsOf(object as EndpointSlice))
  }
  return byService
}

function endpointsOf({ endpoints = [], ports = [] }: EndpointSlice): readonly MeshEndpoint[] {
  const byName = Object.fromEntries(ports.map(({ name = '', port = 0 }) => [name, port]))
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses = [] }) => addresses.map((address) => ({ address, labels: {}, ports: byName })))
}
