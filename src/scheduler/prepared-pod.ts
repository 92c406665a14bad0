import type { PodInfo } from './pod-info.ts'
import type { NodeFilter, PluginContext } from './plugin.ts'
import type { PluginName } from './plugin-names.ts'
import type { Profile } from './profile.ts'
import { type Refusal, unresolvable } from './refusal.ts'

/** A pod after all PreFilters: what remains is to ask about nodes. */
export interface PreparedPod {
  readonly pod: PodInfo
  /** In the order of the profile. */
  readonly filters: readonly NodeFilter[]
  /** How many of them are about single nodes; these come first when the profile remembers answers. */
  readonly localCount: number
  /** No other node comes into question; `narrowedBy` are the plugins that say so. */
  readonly nodeNames?: ReadonlySet<string>
  readonly narrowedBy: readonly PluginName[]
}

/** Runs the PreFilters. A refusal is for all nodes. */
export function preparePod(
  pod: PodInfo,
  profile: Profile,
  context: PluginContext,
): PreparedPod | { readonly refusal: Refusal; readonly narrowedBy: readonly PluginName[] } {
  const filters: NodeFilter[] = []
  const narrowedBy: PluginName[] = []
  let localCount = 0
  let nodeNames: ReadonlySet<string> | undefined
  for (const plugin of profile.filters) {
    const prepared = plugin.prepare(pod, context)
    if (prepared === undefined) continue
    if ('refusal' in prepared) return { refusal: prepared.refusal, narrowedBy: [] }
    filters.push(prepared)
    if (plugin.isLocal) localCount++
    if (prepared.nodeNames === undefined) continue
    narrowedBy.push(plugin.name)
    nodeNames = intersection(nodeNames, prepared.nodeNames)
    if (nodeNames.size === 0) return { refusal: unresolvable('', noNodeLeft(narrowedBy)), narrowedBy }
  }
  return { pod, filters, localCount, narrowedBy, ...(nodeNames === undefined ? {} : { nodeNames }) }
}

/** The first rule that does not let the pod onto the node, if any. */
export function firstRefusal(filters: readonly NodeFilter[], row: number): Refusal | undefined {
  for (const filter of filters) {
    const refusal = filter.check(row)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function intersection(a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> {
  return a === undefined ? b : new Set([...a].filter((name) => b.has(name)))
}

function noNodeLeft(plugins: readonly string[]): string {
  const [only] = plugins
  return plugins.length === 1
    ? `node(s) didn't satisfy plugin ${only ?? ''}`
    : `node(s) didn't satisfy plugin(s) [${plugins.join(' ')}] simultaneously`
}
