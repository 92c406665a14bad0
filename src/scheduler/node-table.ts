import { quantityMilli, quantityValue } from '../api/quantity-cache.ts'
import { isScalarResource, type PodResources } from './resources.ts'

/** Room for this many nodes at first; it doubles when it runs out. */
const CAPACITY_START = 64

/** One scalar resource on all nodes. Nodes that do not have it are not in `known`. */
export interface ScalarColumn {
  allocatable: Float64Array
  requested: Float64Array
  known: Uint8Array
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
  /** Changes with every change of the row: what was computed from an older one is stale. Never zero for a row in use. */
  generation = new Float64Array(CAPACITY_START)
  readonly #scalars = new Map<string, ScalarColumn>()
  #generation = 0

  scalar(name: string): ScalarColumn | undefined {
    return this.#scalars.get(name)
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
    for (const column of this.#scalars.values()) {
      column.allocatable = grown(column.allocatable, this.capacity)
      column.requested = grown(column.requested, this.capacity)
      column.known = grown(column.known, this.capacity)
    }
  }

  setAllocatable(row: number, allocatable: Readonly<Record<string, string>>): void {
    this.allocatableMilliCpu[row] = quantityMilli(allocatable['cpu'] ?? '0')
    this.allocatableMemory[row] = quantityValue(allocatable['memory'] ?? '0')
    this.allocatableStorage[row] = quantityValue(allocatable['ephemeral-storage'] ?? '0')
    this.allocatablePods[row] = quantityValue(allocatable['pods'] ?? '0')
    for (const column of this.#scalars.values()) {
      column.known[row] = 0
      column.allocatable[row] = 0
    }
    for (const name in allocatable) {
      if (!isScalarResource(name)) continue
      const column = this.#column(name)
      column.known[row] = 1
      column.allocatable[row] = quantityValue(allocatable[name] ?? '0')
    }
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
      const column = this.#column(name)
      column.requested[row] = (column.requested[row] ?? 0) + sign * amount
    }
    this.touch(row)
  }

  clear(row: number): void {
    this.setAllocatable(row, {})
    for (const column of this.#scalars.values()) column.requested[row] = 0
    this.requestedMilliCpu[row] = 0
    this.requestedMemory[row] = 0
    this.requestedStorage[row] = 0
    this.nonZeroMilliCpu[row] = 0
    this.nonZeroMemory[row] = 0
    this.podCount[row] = 0
  }

  #column(name: string): ScalarColumn {
    let column = this.#scalars.get(name)
    if (column === undefined) {
      const { capacity } = this
      column = {
        allocatable: new Float64Array(capacity),
        requested: new Float64Array(capacity),
        known: new Uint8Array(capacity),
      }
      this.#scalars.set(name, column)
    }
    return column
  }
}

function grown<T extends Float64Array | Uint8Array | Int32Array>(old: T, capacity: number): T {
  const larger = new (old.constructor as new (length: number) => T)(capacity)
  larger.set(old)
  return larger
}
