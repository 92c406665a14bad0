import type { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import type { MeshService } from '../../mesh/registry/mesh-service.ts'

/** Of the range that is set aside for tests of networks: no service is there. */
const NOBODYS_ADDRESS = '198.18.0.1'
const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$|:/

/** The service that a caller means, who may leave out the end of its name. */
export function serviceCalled(view: ProxyView, host: string): MeshService | undefined {
  const { domain = 'cluster.local' } = view.snapshot.mesh
  const name = host.replace(/\.$/, '')
  return [name, `${name}.${view.proxy.namespace}.svc.${domain}`, `${name}.svc.${domain}`, `${name}.${domain}`]
    .map((candidate) => view.service(candidate))
    .find((service) => service !== undefined)
}

/** The address that a caller's DNS gives for a host: the service's own, or for one without, a pod's. */
export function addressOf(view: ProxyView, host: string): string {
  if (IP_ADDRESS.test(host)) return host
  const service = serviceCalled(view, host)
  const concrete = service?.aliasOf === undefined ? service : view.service(service.aliasOf)
  return concrete?.addresses[0] ?? concrete?.endpoints[0]?.address ?? NOBODYS_ADDRESS
}
