import { SCORE_MAX, type ScorePlugin } from '../plugin.ts'

/** Sums below the least, and those above the most for each container, make no difference (imagelocality). */
const LEAST_BYTES = 23 * 1024 * 1024
const MOST_BYTES_PER_CONTAINER = 1_000 * 1024 * 1024

/** Prefers nodes that have the pod's images, large ones above all, unless few nodes have them. */
export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  isLocal: true,
  prepare({ shape: { images } }, { cluster }) {
    return {
      score(row) {
        let sum = 0
        for (const name of images) {
          const state = cluster.images.get(name)
          if (state?.rows.has(row) !== true) continue
          sum += Math.trunc(state.sizeBytes * (state.rows.size / cluster.nodeCount))
        }
        const most = MOST_BYTES_PER_CONTAINER * images.length
        const clamped = Math.min(Math.max(sum, LEAST_BYTES), most)
        return Math.trunc((SCORE_MAX * (clamped - LEAST_BYTES)) / (most - LEAST_BYTES))
      },
    }
  },
}
