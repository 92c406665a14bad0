import type { FilterPlugin } from '../plugin.ts'
import { unresolvable } from '../refusal.ts'
import { untoleratedTaint } from '../taints.ts'

const REFUSED = unresolvable('TaintToleration', 'node(s) had untolerated taint(s)')

/** Keeps pods off nodes whose NoSchedule and NoExecute taints they do not tolerate. */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  isLocal: true,
  prepare({ shape: { tolerations } }, { cluster }) {
    return {
      check(row) {
        const taints = cluster.nodeAt(row).node.spec?.taints
        if (taints === undefined || taints.length === 0) return undefined
        return untoleratedTaint(taints, tolerations) === undefined ? undefined : REFUSED
      },
    }
  },
}
