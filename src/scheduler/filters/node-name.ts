import type { FilterPlugin } from '../plugin.ts'
import { unresolvable } from '../refusal.ts'

const REFUSED = unresolvable('NodeName', "node(s) didn't match the requested node name")

/** Holds a pod that names its node to that node. */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  isLocal: false,
  prepare({ pod }, { cluster }) {
    const wanted = pod.spec.nodeName ?? ''
    if (wanted === '') return undefined
    return { check: (row) => (cluster.nodeAt(row).name === wanted ? undefined : REFUSED) }
  },
}
