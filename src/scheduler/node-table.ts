import { quantityMilli, quantityValue } from '../api/quantity-cache.ts'
import type { NodeSpec } from '../api/types.generated.ts'
import { isScalarResource, type PodResources } from './resources.ts'

/** Room for this many nodes at first; it doubles when it runs out. */
const CAPACITY_START = 64

/** Bits of `flags`: cordoned; taints that keep pods away; taints that only put them off. */
export const CORDONED = 1
export const TAINTED = 2
export const DISLIKED = 4

/** One scalar resource: few nodes have it, and there may be many such resources, so only rows that have it are kept. */
export interface ScalarColumn {
  readonly allocatable: Map<number, number>
  readonly requested: Map<number, number>
}

/**
 * What nodes have and what their pods ask for, as columns of numbers. A node is a row:
 *
 *   row                     0       1       2
 *   allocatableMilliCpu  4000    8000    4000      bytes and millicores are exact up to 2^53
 *   requestedMilliCpu     300       0    4000
 *   podCount                3       0      40
 */
export class NodeTable {
  capacity = CAPACITY_START
  allocatableMilliCpu = new Float64Array(CAPACITY_START)
  allocatableMemory = new Float64Array(CAPACITY_START)
  allocatableStorage = new Float64Array(CAPACITY_START)
  allocatablePods = new Float64Array(CAPACITY_START)
  requestedMilliCpu = new Float64Array(CAPACITY_START)
  requestedMemory = new Float64Array(CAPACITY_START)
  requestedStorage = new Float64Array(CAPACITY_START)
  nonZeroMilliCpu = new Float64Array(CAPACITY_START)
  nonZeroMemory = new Float64Array(CAPACITY_START)
  podCount = new Float64Array(CAPACITY_START)
  /** Whether the node is cordoned, and which kinds of taints it has: most nodes need no closer look. */
  flags = new Uint8Array(CAPACITY_START)
  /** Changes with every change of the row: what was computed from an older one is stale. Never zero for a row in use. */
  generation = new Float64Array(CAPACITY_START)
  readonly #scalars = new Map<string, ScalarColumn>()
  /** Which scalar resources a row has. */
  readonly #scalarNames = new Map<number, readonly string[]>()
  #generation = 0

  scalar(name: string): ScalarColumn {
    let column = this.#scalars.get(name)
    if (column === undefined) {
      column = { allocatable: new Map(), requested: new Map() }
      this.#scalars.set(name, column)
    }
    return column
  }

  touch(row: number): void {
    this.generation[row] = ++this.#generation
  }

  ensure(rows: number): void {
    if (rows <= this.capacity) return
    this.capacity = Math.max(rows, this.capacity * 2)
    this.allocatableMilliCpu = grown(this.allocatableMilliCpu, this.capacity)
    this.allocatableMemory = grown(this.allocatableMemory, this.capacity)
    this.allocatableStorage = grown(this.allocatableStorage, this.capacity)
    this.allocatablePods = grown(this.allocatablePods, this.capacity)
    this.requestedMilliCpu = grown(this.requestedMilliCpu, this.capacity)
    this.requestedMemory = grown(this.requestedMemory, this.capacity)
    this.requestedStorage = grown(this.requestedStorage, this.capacity)
    this.nonZeroMilliCpu = grown(this.nonZeroMilliCpu, this.capacity)
    this.nonZeroMemory = grown(this.nonZeroMemory, this.capacity)
    this.podCount = grown(this.podCount, this.capacity)
    this.generation = grown(this.generation, this.capacity)
    const flags = new Uint8Array(this.capacity)
    flags.set(this.flags)
    this.flags = flags
  }

  setFlags(row: number, spec: NodeSpec | undefined): void {
    let flags = spec?.unschedulable === true ? CORDONED : 0
    for (const { effect } of spec?.taints ?? []) flags |= effect === 'PreferNoSchedule' ? DISLIKED : TAINTED
    this.flags[row] = flags
    this.touch(row)
  }

  setAllocatable(row: number, allocatable: Readonly<Record<string, string>>): void {
    this.allocatableMilliCpu[row] = quantityMilli(allocatable['cpu'] ?? '0')
    this.allocatableMemory[row] = quantityValue(allocatable['memory'] ?? '0')
    this.allocatableStorage[row] = quantityValue(allocatable['ephemeral-storage'] ?? '0')
    this.allocatablePods[row] = quantityValue(allocatable['pods'] ?? '0')
    for (const name of this.#scalarNames.get(row) ?? []) this.scalar(name).allocatable.delete(row)
    const names = Object.keys(allocatable).filter(isScalarResource)
    for (const name of names) this.scalar(name).allocatable.set(row, quantityValue(allocatable[name] ?? '0'))
    if (names.length > 0) this.#scalarNames.set(row, names)
    else this.#scalarNames.delete(row)
    this.touch(row)
  }

  /** Counts a pod in (`sign` 1) or out (-1). */
  count(row: number, resources: PodResources, sign: 1 | -1): void {
    this.requestedMilliCpu[row] = (this.requestedMilliCpu[row] ?? 0) + sign * resources.milliCpu
    this.requestedMemory[row] = (this.requestedMemory[row] ?? 0) + sign * resources.memory
    this.requestedStorage[row] = (this.requestedStorage[row] ?? 0) + sign * resources.ephemeralStorage
    this.nonZeroMilliCpu[row] = (this.nonZeroMilliCpu[row] ?? 0) + sign * resources.nonZeroMilliCpu
    this.nonZeroMemory[row] = (this.nonZeroMemory[row] ?? 0) + sign * resources.nonZeroMemory
    this.podCount[row] = (this.podCount[row] ?? 0) + sign
    for (const [name, amount] of resources.scalars) {
      const { requested } = this.scalar(name)
      const sum = (requested.get(row) ?? 0) + sign * amount
      if (sum === 0) requested.delete(row)
      else requested.set(row, sum)
    }
    this.touch(row)
  }

  clear(row: number): void {
    this.setAllocatable(row, {})
    for (const { requested } of this.#scalars.values()) requested.delete(row)
    this.requestedMilliCpu[row] = 0
    this.requestedMemory[row] = 0
    this.requestedStorage[row] = 0
    this.nonZeroMilliCpu[row] = 0
    this.nonZeroMemory[row] = 0
    this.podCount[row] = 0
  }
}

function grown(old: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity)
  larger.set(old)
  return larger
}
