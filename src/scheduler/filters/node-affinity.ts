import type { NodeMatcher } from '../node-selector.ts'
import { selectorMatcher } from '../node-selector.ts'
import type { FilterPlugin, PluginContext } from '../plugin.ts'
import { unresolvable } from '../refusal.ts'

const REFUSED = unresolvable('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
const NOT_IN_PROFILE = unresolvable('NodeAffinity', "node(s) didn't match scheduler-enforced node affinity")
const CONFLICT = unresolvable('NodeAffinity', 'pod affinity terms conflict')

/** Holds pods to the nodes that their selector, their node affinity and their profile's added affinity leave. */
export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  isLocal: true,
  prepare({ shape }, context) {
    const { requiredNode, namedNodes } = shape
    const added = addedMatcher(context)
    if (requiredNode === undefined && added === undefined) return undefined
    if (namedNodes?.size === 0) return { refusal: CONFLICT }
    return {
      ...(namedNodes === undefined ? {} : { nodeNames: namedNodes }),
      check(row) {
        const { node } = context.cluster.nodeAt(row)
        if (added !== undefined && !added(node)) return NOT_IN_PROFILE
        return requiredNode === undefined || requiredNode(node) ? undefined : REFUSED
      },
    }
  },
}

const addedMatchers = new WeakMap<object, NodeMatcher>()

function addedMatcher({ args }: PluginContext): NodeMatcher | undefined {
  const required = args.NodeAffinity.addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required === undefined) return undefined
  let matcher = addedMatchers.get(required)
  if (matcher === undefined) addedMatchers.set(required, (matcher = selectorMatcher(required)))
  return matcher
}
