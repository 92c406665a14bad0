import type { Endpoint, Service } from '../../api/types.generated.ts'
import type { EndpointGroup } from './service-endpoints.ts'

const CLOSE: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode'])

/**
 * Tells proxies whose traffic an endpoint is meant for, where the Service prefers short ways (k8s.io/endpointslice
 * trafficdist). Only endpoints that are ready say so.
 */
export function withHints(group: EndpointGroup, { spec }: Service): EndpointGroup {
  const { trafficDistribution = '' } = spec
  if (!CLOSE.has(trafficDistribution)) return group
  const byNode = trafficDistribution === 'PreferSameNode'
  return { ...group, endpoints: group.endpoints.map((endpoint) => hinted(endpoint, byNode)) }
}

function hinted(endpoint: Endpoint, byNode: boolean): Endpoint {
  const { zone, nodeName, conditions } = endpoint
  if (conditions?.ready !== true) return endpoint
  const forNodes = byNode && nodeName !== undefined ? [{ name: nodeName }] : undefined
  const forZones = zone === undefined ? undefined : [{ name: zone }]
  if (forNodes === undefined && forZones === undefined) return endpoint
  return { ...endpoint, hints: { ...(forNodes && { forNodes }), ...(forZones && { forZones }) } }
}
