import type { Taint } from '../../api/types.generated.ts'
import { CORDONED } from '../node-table.ts'
import type { FilterPlugin } from '../plugin.ts'
import { unresolvable } from '../refusal.ts'
import { isTolerated } from '../taints.ts'

/** What cordoning a node amounts to (k8s.io/api/core/v1/well_known_taints.go). */
export const UNSCHEDULABLE_TAINT: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

const REFUSED = unresolvable('NodeUnschedulable', 'node(s) were unschedulable')

/** Keeps pods off cordoned nodes. */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  isLocal: true,
  prepare({ shape }, { cluster }) {
    if (isTolerated(UNSCHEDULABLE_TAINT, shape.tolerations)) return undefined
    const { table } = cluster
    return { check: (row) => (((table.flags[row] ?? 0) & CORDONED) === 0 ? undefined : REFUSED) }
  },
}
