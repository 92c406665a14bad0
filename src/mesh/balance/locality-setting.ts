import type { LoadBalancer, LocalitySetting, ZoneAwareSetting } from '../config/types/destination-rule.ts'

/** How a cluster treats localities: by priorities and weights that are computed here, or by the proxy's zone awareness. */
export type LocalityPolicy =
  | { readonly kind: 'locality'; readonly setting: LocalitySetting; readonly forceFailover: boolean }
  | { readonly kind: 'zone-aware'; readonly setting: ZoneAwareSetting; readonly enabled: boolean }

/** Kubernetes' traffic distribution of a Service, as the labels to prefer. */
const NEAR_ZONE = ['topology.istio.io/network', 'topology.kubernetes.io/region', 'topology.kubernetes.io/zone']
const FAILOVER_OF_DISTRIBUTION: Readonly<Record<string, readonly string[]>> = {
  PreferClose: NEAR_ZONE,
  PreferSameZone: NEAR_ZONE,
  PreferSameNode: [...NEAR_ZONE, 'topology.istio.io/subzone', 'kubernetes.io/hostname'],
}

/** The DestinationRule decides, else the Service, else the mesh; within each, zone awareness comes first. */
export function effectiveLocality(sources: {
  readonly destinationRule?: LoadBalancer | undefined
  readonly trafficDistribution?: string | undefined
  readonly meshLocality?: LocalitySetting | undefined
  readonly meshZoneAware?: ZoneAwareSetting | undefined
}): LocalityPolicy | undefined {
  const { destinationRule, trafficDistribution = '', meshLocality, meshZoneAware } = sources
  if (destinationRule?.zoneAwareLbSetting) return zoneAware(destinationRule.zoneAwareLbSetting)
  if (destinationRule?.localityLbSetting) return locality(destinationRule.localityLbSetting)
  const failoverPriority = FAILOVER_OF_DISTRIBUTION[trafficDistribution]
  if (failoverPriority !== undefined) {
    return { kind: 'locality', setting: { enabled: true, failoverPriority }, forceFailover: true }
  }
  if (meshZoneAware !== undefined) return zoneAware(meshZoneAware)
  return meshLocality === undefined ? undefined : locality(meshLocality)
}

function zoneAware(setting: ZoneAwareSetting): LocalityPolicy {
  return { kind: 'zone-aware', setting, enabled: setting.enabled !== false }
}

function locality(setting: LocalitySetting): LocalityPolicy | undefined {
  return setting.enabled === false ? undefined : { kind: 'locality', setting, forceFailover: false }
}
