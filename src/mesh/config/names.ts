import type { ObjectMeta } from '../../api/object.ts'

const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$|:/

/** The gateway that stands for all sidecars. */
export const MESH_GATEWAY = 'mesh'

/** A name without a dot is a service beside the object that says it: `reviews` is `reviews.shop.svc.cluster.local`. */
export function qualifiedHost(host: string, home: { readonly namespace: string; readonly domain?: string }): string {
  if (host === '' || host === '*' || host.includes('.') || IP_ADDRESS.test(host)) return host
  const inNamespace = `${host}.${home.namespace}`
  return home.domain === undefined ? inNamespace : `${inNamespace}.svc.${home.domain}`
}

/** `namespace/name` of a gateway, which may be said as `name`, `./name`, or in the old way `name.namespace`. */
export function qualifiedGateway(gateway: string, namespace: string): string {
  if (gateway === MESH_GATEWAY) return gateway
  if (gateway.startsWith('./')) return namespace + gateway.slice(1)
  if (gateway.includes('/')) return gateway
  const [name = '', owner] = gateway.split('.')
  return `${owner ?? namespace}/${name}`
}

/** Services of Kubernetes always have a domain. */
export const CLUSTER_DOMAIN = 'cluster.local'

/** `namespace/name`; for the mesh, an object without a namespace is in `default`. */
export function keyOf({ metadata }: { readonly metadata: Pick<ObjectMeta, 'name' | 'namespace'> }): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`
}
