import { effectiveLocality } from './locality-setting.ts'
import { applyLocality, applyZoneAware, type Caller, type EndpointGroup } from './locality.ts'
import type { LoadBalancer } from '../config/types/destination-rule.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import type { HostGroup } from './cluster.ts'
import type { UpstreamHost } from './upstream-host.ts'

export interface GroupedHosts {
  readonly groups: readonly HostGroup[]
  readonly weighsLocalities: boolean
}

/** Hosts by where they are, in the order in which a caller uses them. */
export function groupedHosts(
  hosts: readonly UpstreamHost[],
  caller: Caller,
  options: {
    readonly mesh: MeshConfig
    readonly loadBalancer: LoadBalancer | undefined
    readonly trafficDistribution: string | undefined
    readonly hasOutlierDetection: boolean
  },
): GroupedHosts {
  const { mesh, loadBalancer, trafficDistribution, hasOutlierDetection } = options
  const groups = byLocality(hosts)
  const policy = effectiveLocality({
    destinationRule: loadBalancer,
    trafficDistribution,
    meshLocality: mesh.localityLbSetting,
    meshZoneAware: mesh.zoneAwareLbSetting,
  })
  if (policy === undefined) return { groups, weighsLocalities: false }
  if (policy.kind === 'zone-aware') {
    return { groups: policy.enabled ? applyZoneAware(groups, caller, policy.setting) : groups, weighsLocalities: false }
  }
  const failoverEnabled = hasOutlierDetection || policy.forceFailover
  const applied = applyLocality(groups, caller, { setting: policy.setting, failoverEnabled })
  return { groups: applied, weighsLocalities: policy.setting.distribute !== undefined }
}

function byLocality(hosts: readonly UpstreamHost[]): readonly EndpointGroup<UpstreamHost>[] {
  const groups = new Map<string, UpstreamHost[]>()
  for (const host of hosts) {
    const { region = '', zone = '', subzone = '' } = host.locality ?? {}
    const key = `${region}/${zone}/${subzone}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [host])
    else group.push(host)
  }
  return [...groups.values()].map((endpoints) => {
    const locality = endpoints[0]?.locality
    const weight = endpoints.reduce((sum, host) => sum + host.weight, 0)
    return { endpoints, priority: 0, weight, ...(locality && { locality }) }
  })
}
