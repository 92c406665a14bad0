import { TAINTED } from '../node-table.ts'
import type { FilterPlugin } from '../plugin.ts'
import { unresolvable } from '../refusal.ts'
import { untoleratedTaint } from '../taints.ts'

const REFUSED = unresolvable('TaintToleration', 'node(s) had untolerated taint(s)')

/** Keeps pods off nodes whose NoSchedule and NoExecute taints they do not tolerate. */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  isLocal: true,
  prepare({ shape: { tolerations } }, { cluster }) {
    const { table } = cluster
    return {
      check(row) {
        if (((table.flags[row] ?? 0) & TAINTED) === 0) return undefined
        const taints = cluster.nodeAt(row).node.spec?.taints
        return untoleratedTaint(taints, tolerations) === undefined ? undefined : REFUSED
      },
    }
  },
}
