import { DISLIKED } from '../node-table.ts'
import { normalizeToMax, type ScorePlugin } from '../plugin.ts'
import { isTolerated } from '../taints.ts'

/** Prefers nodes with fewer PreferNoSchedule taints that the pod does not tolerate. */
export const taintTolerationScore: ScorePlugin = {
  name: 'TaintToleration',
  isLocal: true,
  prepare({ shape }, { cluster }) {
    const tolerations = shape.tolerations.filter(({ effect = '' }) => effect === '' || effect === 'PreferNoSchedule')
    const { table } = cluster
    return {
      score(row) {
        if (((table.flags[row] ?? 0) & DISLIKED) === 0) return 0
        let intolerable = 0
        for (const taint of cluster.nodeAt(row).node.spec?.taints ?? []) {
          if (taint.effect === 'PreferNoSchedule' && !isTolerated(taint, tolerations)) intolerable++
        }
        return intolerable
      },
      normalize: (scores) => normalizeToMax(scores, true),
    }
  },
}
