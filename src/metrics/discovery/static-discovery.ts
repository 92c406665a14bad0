import type { DiscoveryConfigs } from '../config/discoveries.ts'
import type { Discoverer, TargetGroup } from './target-group.ts'

type StaticGroup = DiscoveryConfigs['static_configs'][number]

/** Targets that the configuration names. */
export function staticDiscovery(configs: readonly StaticGroup[]): Discoverer {
  return {
    run(update) {
      update(configs.map((group, index) => targetGroup(group, String(index))))
      return Promise.resolve()
    },
  }
}

/** Targets as files and configurations write them. */
export function targetGroup({ targets, labels }: StaticGroup, source: string): TargetGroup {
  return { source, labels, targets: targets.map((address) => ({ __address__: address })) }
}
