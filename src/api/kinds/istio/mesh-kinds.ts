import { assert } from '../../../base/assert.ts'
import type { Kind } from '../../kind.ts'

/** Resource by resource, in the version that clients read: what is written in another one is the same object. */
const RESOURCES: readonly (readonly [group: string, version: string, kind: string, plural: string])[] = [
  ['networking.istio.io', 'v1', 'DestinationRule', 'destinationrules'],
  ['networking.istio.io', 'v1', 'Gateway', 'gateways'],
  ['networking.istio.io', 'v1', 'ServiceEntry', 'serviceentries'],
  ['networking.istio.io', 'v1', 'Sidecar', 'sidecars'],
  ['networking.istio.io', 'v1', 'VirtualService', 'virtualservices'],
  ['networking.istio.io', 'v1', 'WorkloadEntry', 'workloadentries'],
  ['networking.istio.io', 'v1beta1', 'ProxyConfig', 'proxyconfigs'],
  ['security.istio.io', 'v1', 'AuthorizationPolicy', 'authorizationpolicies'],
  ['security.istio.io', 'v1', 'PeerAuthentication', 'peerauthentications'],
  ['security.istio.io', 'v1', 'RequestAuthentication', 'requestauthentications'],
  ['telemetry.istio.io', 'v1', 'Telemetry', 'telemetries'],
]

/** The kinds that say what the mesh does with traffic, for clients: the server's own come with their definitions. */
export const meshKinds: readonly Kind[] = RESOURCES.map(([group, version, kind, plural]) => ({
  group,
  version,
  kind,
  plural,
  singular: kind.toLowerCase(),
  namespaced: true,
  custom: true,
  schema: () => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
}))

export function meshKind(name: string): Kind {
  const kind = meshKinds.find((each) => each.kind === name)
  assert(kind !== undefined, `${name} is a kind of the mesh`)
  return kind
}
