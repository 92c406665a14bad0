/** The plugins of the default profile, in the order in which they run (pkg/scheduler/apis/config/v1/default_plugins.go). */
export const PLUGIN_NAMES = [
  'SchedulingGates',
  'PrioritySort',
  'NodeUnschedulable',
  'NodeName',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'VolumeRestrictions',
  'NodeVolumeLimits',
  'VolumeBinding',
  'VolumeZone',
  'PodTopologySpread',
  'InterPodAffinity',
  'DefaultPreemption',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
  'DefaultBinder',
] as const

export type PluginName = (typeof PLUGIN_NAMES)[number]

/** How much a plugin's score counts, where a profile does not say otherwise (default_plugins.go). */
export const DEFAULT_WEIGHTS: Readonly<Partial<Record<PluginName, number>>> = {
  TaintToleration: 3,
  NodeAffinity: 2,
  NodeResourcesFit: 1,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
  NodeResourcesBalancedAllocation: 1,
  ImageLocality: 1,
}

export function isPluginName(name: string): name is PluginName {
  return (PLUGIN_NAMES as readonly string[]).includes(name)
}
