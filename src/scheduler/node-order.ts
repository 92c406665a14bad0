import type { NodeInfo } from './node-info.ts'
import { ZONE_LABEL } from './spread-constraints.ts'

const REGION_LABEL = 'topology.kubernetes.io/region'

/**
 * The order in which nodes are looked at: one of each zone in turn, so that the first hundred of a large cluster are
 * not all of one zone (pkg/scheduler/backend/cache/node_tree.go).
 */
export function zoneInterleaved(nodes: Iterable<NodeInfo>): Int32Array {
  const zones = new Map<string, number[]>()
  let count = 0
  for (const { row, node } of nodes) {
    const { labels = {} } = node.metadata
    const zone = `${labels[REGION_LABEL] ?? ''}:${labels[ZONE_LABEL] ?? ''}`
    const rows = zones.get(zone)
    if (rows === undefined) zones.set(zone, [row])
    else rows.push(row)
    count++
  }
  const order = new Int32Array(count)
  const lists = [...zones.values()]
  let filled = 0
  for (let turn = 0; filled < count; turn++) {
    for (const rows of lists) {
      const row = rows[turn]
      if (row !== undefined) order[filled++] = row
    }
  }
  return order
}
