import type { NodeInfo } from './node-info.ts'

/** On a node without the label. */
export const NO_VALUE = -1

/**
 * The values of one node label over all nodes, numbered.
 *
 *   zone:   values [moon-1, moon-2]     valueOf [0, 1, 0, -1]     row 3 has no such label
 */
export interface Topology {
  readonly valueOf: Int32Array
  readonly values: readonly string[]
}

export function topologyOf(key: string, nodes: Iterable<NodeInfo>, capacity: number): Topology {
  const valueOf = new Int32Array(capacity).fill(NO_VALUE)
  const numbers = new Map<string, number>()
  for (const { row, node } of nodes) {
    const value = node.metadata.labels?.[key]
    if (value === undefined) continue
    let number = numbers.get(value)
    if (number === undefined) numbers.set(value, (number = numbers.size))
    valueOf[row] = number
  }
  return { valueOf, values: [...numbers.keys()] }
}

/** Adds what was counted on each node to the sum of that node's topology value. */
export function sumByValue(
  { valueOf }: Topology,
  counts: Int32Array,
  options: { into: Float64Array; rows: Int32Array; factor: number },
): void {
  const { into, rows, factor } = options
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as number
    const count = counts[row] ?? 0
    const value = valueOf[row] ?? NO_VALUE
    if (count !== 0 && value >= 0) into[value] = (into[value] ?? 0) + count * factor
  }
}
