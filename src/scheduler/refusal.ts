import type { PluginName } from './plugin-names.ts'

/**
 * Why a plugin does not let a pod onto a node. `Unschedulable` could change when pods leave the node, so preemption may
 * help; `UnschedulableAndUnresolvable` cannot be helped that way.
 */
export interface Refusal {
  readonly plugin: PluginName | ''
  readonly code: 'Unschedulable' | 'UnschedulableAndUnresolvable'
  /** In Kubernetes' words: they are counted and printed in events. */
  readonly reasons: readonly string[]
}

export function unschedulable(plugin: PluginName | '', ...reasons: readonly string[]): Refusal {
  return { plugin, code: 'Unschedulable', reasons }
}

export function unresolvable(plugin: PluginName | '', ...reasons: readonly string[]): Refusal {
  return { plugin, code: 'UnschedulableAndUnresolvable', reasons }
}
