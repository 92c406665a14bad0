import type { NodeSelectorTerm, PreferredSchedulingTerm, TopologySpreadConstraint } from '../api/types.generated.ts'
import { UserError } from '../base/user-error.ts'
import { DEFAULT_WEIGHTS, isPluginName, PLUGIN_NAMES, type PluginName } from './plugin-names.ts'

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler'

/** The parts of a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) that the scheduler acts on. */
export interface SchedulerConfiguration {
  /** Seconds of the first and of the longest wait of a pod that could not be placed. */
  readonly podInitialBackoffSeconds?: number
  readonly podMaxBackoffSeconds?: number
  /** 0 or absent: fewer per cent the larger the cluster is. */
  readonly percentageOfNodesToScore?: number
  readonly profiles?: readonly SchedulerProfile[]
}

export interface SchedulerProfile {
  readonly schedulerName?: string
  readonly percentageOfNodesToScore?: number
  readonly plugins?: Readonly<Partial<Record<ExtensionPoint, PluginSet>>>
  readonly pluginConfig?: readonly PluginConfig[]
}

export type ExtensionPoint =
  | 'multiPoint'
  | 'preEnqueue'
  | 'queueSort'
  | 'preFilter'
  | 'filter'
  | 'postFilter'
  | 'preScore'
  | 'score'
  | 'reserve'
  | 'permit'
  | 'preBind'
  | 'bind'
  | 'postBind'

/** `*` in `disabled` stands for all that are on by default. */
export interface PluginSet {
  readonly enabled?: readonly { readonly name: string; readonly weight?: number }[]
  readonly disabled?: readonly { readonly name: string }[]
}

export interface PluginConfig {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

export interface ResourceWeight {
  readonly name: string
  readonly weight?: number
}

export interface ScoringStrategy {
  readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
  readonly resources?: readonly ResourceWeight[]
  readonly requestedToCapacityRatio?: {
    readonly shape: readonly { readonly utilization: number; readonly score: number }[]
  }
}

/** Arguments of all plugins, with upstream's defaults filled in (pkg/scheduler/apis/config/v1/defaults.go). */
export interface PluginArgs {
  readonly NodeAffinity: {
    readonly addedAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
      }
      readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredSchedulingTerm[]
    }
  }
  readonly NodeResourcesFit: {
    readonly ignoredResources: readonly string[]
    readonly ignoredResourceGroups: readonly string[]
    readonly scoringStrategy: ScoringStrategy
  }
  readonly NodeResourcesBalancedAllocation: { readonly resources: readonly ResourceWeight[] }
  readonly PodTopologySpread: {
    readonly defaultConstraints: readonly TopologySpreadConstraint[]
    readonly defaultingType: 'System' | 'List'
  }
  readonly InterPodAffinity: {
    readonly hardPodAffinityWeight: number
    readonly ignorePreferredTermsOfExistingPods: boolean
  }
  readonly DefaultPreemption: {
    readonly minCandidateNodesPercentage: number
    readonly minCandidateNodesAbsolute: number
  }
  readonly VolumeBinding: { readonly bindTimeoutSeconds: number }
}

const CPU_AND_MEMORY: readonly ResourceWeight[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

const DEFAULT_ARGS: PluginArgs = {
  NodeAffinity: {},
  NodeResourcesFit: {
    ignoredResources: [],
    ignoredResourceGroups: [],
    scoringStrategy: { type: 'LeastAllocated', resources: CPU_AND_MEMORY },
  },
  NodeResourcesBalancedAllocation: { resources: CPU_AND_MEMORY },
  PodTopologySpread: { defaultConstraints: [], defaultingType: 'System' },
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  VolumeBinding: { bindTimeoutSeconds: 600 },
}

/** A profile, made ready: which plugins run where, in which order and with which weight. */
export interface ProfileSettings {
  readonly schedulerName: string
  readonly percentageOfNodesToScore: number
  readonly filters: readonly PluginName[]
  readonly scores: readonly { readonly name: PluginName; readonly weight: number }[]
  readonly gates: boolean
  readonly preempts: boolean
  readonly args: PluginArgs
}

const FILTERS: readonly PluginName[] = PLUGIN_NAMES.slice(2, 14)
const SCORES: readonly PluginName[] = PLUGIN_NAMES.filter((name) => DEFAULT_WEIGHTS[name] !== undefined)

/** One profile for each name that pods may have in `spec.schedulerName`. */
export function profilesOf(config: SchedulerConfiguration = {}): readonly ProfileSettings[] {
  const profiles = config.profiles ?? [{}]
  const settings = profiles.map((profile) => settingsOf(profile, config))
  const names = settings.map(({ schedulerName }) => schedulerName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) refuse(`the profile name "${twice}" stands twice`)
  return settings
}

function settingsOf(profile: SchedulerProfile, config: SchedulerConfiguration): ProfileSettings {
  const { schedulerName = DEFAULT_SCHEDULER_NAME, plugins = {}, pluginConfig = [] } = profile
  const filters = pluginsAt(['filter', 'preFilter'], FILTERS, plugins).map(({ name }) => name)
  const scores = pluginsAt(['score', 'preScore'], SCORES, plugins).map(({ name, weight }) => ({
    name,
    weight: weight ?? DEFAULT_WEIGHTS[name] ?? 1,
  }))
  return {
    schedulerName,
    percentageOfNodesToScore: profile.percentageOfNodesToScore ?? config.percentageOfNodesToScore ?? 0,
    filters,
    scores,
    gates: pluginsAt(['preEnqueue'], ['SchedulingGates'], plugins).length > 0,
    preempts: pluginsAt(['postFilter'], ['DefaultPreemption'], plugins).length > 0,
    args: argsOf(pluginConfig),
  }
}

/** `multiPoint` switches a plugin everywhere; a set of one extension point overrules it there. */
function pluginsAt(
  points: readonly ExtensionPoint[],
  capable: readonly PluginName[],
  plugins: NonNullable<SchedulerProfile['plugins']>,
): { name: PluginName; weight: number | undefined }[] {
  const chosen = new Map<PluginName, number | undefined>(capable.map((name) => [name, undefined]))
  for (const point of ['multiPoint', ...points] as const) {
    const { enabled = [], disabled = [] } = plugins[point] ?? {}
    for (const { name } of disabled) {
      if (name === '*') chosen.clear()
      else chosen.delete(known(name))
    }
    for (const { name, weight } of enabled) {
      const plugin = known(name)
      if (!capable.includes(plugin)) continue
      // Named again, a plugin keeps its place; a weight of 0 stands for the default one.
      chosen.set(plugin, weight === undefined || weight === 0 ? chosen.get(plugin) : weight)
    }
  }
  return [...chosen].map(([name, weight]) => ({ name, weight }))
}

function argsOf(pluginConfig: readonly PluginConfig[]): PluginArgs {
  let args = DEFAULT_ARGS
  for (const { name, args: given } of pluginConfig) {
    const plugin = known(name)
    const defaults = (DEFAULT_ARGS as unknown as Record<string, object>)[plugin]
    if (defaults === undefined) continue
    args = { ...args, [plugin]: { ...defaults, ...given } }
  }
  return args
}

function known(name: string): PluginName {
  if (isPluginName(name)) return name
  return refuse(`there is no plugin "${name}"`)
}

function refuse(problem: string): never {
  throw new UserError('DABBA_SCHEDULER_CONFIG', {
    message: `Cannot use this scheduler configuration: ${problem}`,
    hint: `Profiles need different names; plugins are ${PLUGIN_NAMES.join(', ')}`,
  })
}
