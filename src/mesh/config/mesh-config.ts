import type { LocalitySetting, ZoneAwareSetting } from './types/destination-rule.ts'
import type { OutboundMode } from './types/sidecar.ts'
import type { HttpRetry } from './types/virtual-service.ts'

/** What holds for the whole mesh. */
export interface MeshConfig {
  /** Policies of this namespace are for all others too. */
  readonly rootNamespace: string
  /** The domain of the cluster; undefined: short names only get their namespace. */
  readonly domain?: string
  readonly outboundMode: OutboundMode
  readonly defaultHttpRetryPolicy?: HttpRetry
  readonly localityLbSetting?: LocalitySetting
  readonly zoneAwareLbSetting?: ZoneAwareSetting
}

/** istio/istio pkg/config/mesh/mesh.go. */
export const DEFAULT_MESH: MeshConfig = {
  rootNamespace: 'istio-system',
  domain: 'cluster.local',
  outboundMode: 'ALLOW_ANY',
  localityLbSetting: {},
}
