import { assert } from '../base/assert.ts'
import { deepEqual } from '../base/equal.ts'
import type { Node, Pod } from '../api/types.generated.ts'
import { AffinityIndex } from './affinity-index.ts'
import { type PodCounter, PodCounters } from './pod-counters.ts'
import { zoneInterleaved } from './node-order.ts'
import { NodeTable } from './node-table.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import { keepsShape, PodShapes, taggedImage } from './pod-shape.ts'
import { isResized, podResources, type PodResources } from './resources.ts'
import { type Topology, topologyOf } from './topology.ts'
import { claimNames } from './volumes/claims.ts'

interface ImageState {
  readonly sizeBytes: number
  readonly rows: Set<number>
}

/**
 * What the scheduler knows of nodes and of the pods on them, including those that it has only decided about so far.
 *
 * Invariants:
 *  1. The columns of `table`, the counters and the affinity index are sums over the pods on nodes, always up to date.
 *  2. A pod of a node that is not known (yet) waits in `#homeless` and is counted nowhere.
 *  3. `nodesVersion` changes whenever a node comes, goes, or changes in anything but its pods; `layoutVersion` only
 *     where the images on it do not matter.
 */
export class Cluster {
  readonly table = new NodeTable()
  readonly affinity = new AffinityIndex()
  readonly images = new Map<string, ImageState>()
  nodesVersion = 1
  layoutVersion = 1
  readonly #shapes = new PodShapes()
  readonly #nodes = new Map<string, NodeInfo>()
  readonly #rows: (NodeInfo | undefined)[] = []
  readonly #freeRows: number[] = []
  readonly #placed = new Map<string, { pod: PodInfo; node: string; row: number }>()
  readonly #homeless = new Map<string, Map<string, PodInfo>>()
  readonly #counters = new PodCounters((visit) => this.#eachOnNodes(visit))
  readonly #claimUsers = new Map<string, Set<string>>()
  readonly #topologies = new Map<string, Topology>()
  #order: Int32Array | undefined

  get nodeCount(): number {
    return this.#nodes.size
  }

  get podCount(): number {
    return this.#placed.size
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name)
  }

  nodeAt(row: number): NodeInfo {
    const info = this.#rows[row]
    assert(info !== undefined, 'a row that is asked for holds a node')
    return info
  }

  nodes(): Iterable<NodeInfo> {
    return this.#nodes.values()
  }

  /** The rows of all nodes, one zone after the other in turn. */
  order(): Int32Array {
    return (this.#order ??= zoneInterleaved(this.#nodes.values()))
  }

  topology(key: string): Topology {
    let topology = this.#topologies.get(key)
    if (topology === undefined) {
      topology = topologyOf(key, this.#nodes.values(), this.table.capacity)
      this.#topologies.set(key, topology)
    }
    return topology
  }

  /** How many pods on each node `matches` holds for. `key` must be equal for equal questions only. */
  counter(key: string, matches: (pod: PodInfo) => boolean): PodCounter {
    return this.#counters.get(key, this.table.capacity, matches)
  }

  /** Labels of namespaces changed: who matches a namespace selector has to be counted anew. */
  namespacesChanged(): void {
    this.#counters.reset()
  }

  /** UIDs of the pods on nodes that mount this claim. */
  claimUsers(namespace: string, claim: string): ReadonlySet<string> {
    return this.#claimUsers.get(`${namespace}/${claim}`) ?? NOBODY
  }

  podInfo(pod: Pod, previous?: PodInfo): PodInfo {
    const uid = pod.metadata.uid ?? ''
    assert(uid !== '', 'a pod that the scheduler sees was stored, so it has a UID')
    const resized = isResized(pod)
    const kept = previous !== undefined && keepsShape(pod, previous.pod)
    const shape = kept ? previous.shape : this.#shapes.of(pod)
    const resources = resized ? podResources(pod) : shape.resources
    return { uid, pod, shape, resources, claims: kept ? previous.claims : claimNames(pod) }
  }

  /** The pod of this UID, if it is on a node. */
  placed(uid: string): { readonly pod: PodInfo; readonly node: string } | undefined {
    return this.#placed.get(uid)
  }

  addNode(node: Node): void {
    const name = node.metadata.name
    if (this.#nodes.has(name)) {
      this.updateNode(node)
      return
    }
    const row = this.#freeRows.pop() ?? this.#rows.length
    this.table.ensure(row + 1)
    const info: NodeInfo = { name, row, node, pods: new Map(), usedPorts: [] }
    this.#nodes.set(name, info)
    this.#rows[row] = info
    this.table.setAllocatable(row, node.status?.allocatable ?? {})
    this.table.setFlags(row, node.spec)
    this.#countImages(info, 1)
    this.#nodesChanged()
    const waiting = this.#homeless.get(name)
    this.#homeless.delete(name)
    for (const pod of waiting?.values() ?? []) this.#count(pod, info, 1)
  }

  /** Heartbeats and the like change nothing here. */
  updateNode(node: Node): void {
    const info = this.#nodes.get(node.metadata.name)
    if (info === undefined) {
      this.addNode(node)
      return
    }
    const old = info.node
    const updated: NodeInfo = { ...info, node }
    this.#nodes.set(info.name, updated)
    this.#rows[info.row] = updated
    const sameAllocatable = deepEqual(old.status?.allocatable, node.status?.allocatable)
    const sameImages = deepEqual(old.status?.images, node.status?.images)
    if (!sameAllocatable) this.table.setAllocatable(info.row, node.status?.allocatable ?? {})
    if (!sameImages) {
      this.#countImages(info, -1)
      this.#countImages(updated, 1)
    }
    const sameSpec = old.spec === node.spec || deepEqual(old.spec, node.spec)
    if (sameSpec && deepEqual(old.metadata.labels, node.metadata.labels)) {
      // Every node gets new images while pods are being placed: who is where among the others stays known.
      if (!sameImages) this.nodesVersion++
      return
    }
    this.table.setFlags(info.row, node.spec)
    this.#nodesChanged()
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name)
    if (info === undefined) return
    const pods = new Map(info.pods)
    for (const pod of pods.values()) this.#count(pod, info, -1)
    if (pods.size > 0) this.#homeless.set(name, pods)
    this.#countImages(info, -1)
    this.#nodes.delete(name)
    this.#rows[info.row] = undefined
    this.table.clear(info.row)
    this.#freeRows.push(info.row)
    this.#nodesChanged()
  }

  /** Puts a pod on a node; a pod that is there already is brought up to date. */
  placePod(pod: PodInfo, node: string): void {
    const present = this.#placed.get(pod.uid)
    if (present !== undefined && present.node === node && countsAlike(present.pod, pod)) {
      present.pod = pod
      const pods = this.#nodes.get(node)?.pods ?? this.#homeless.get(node)
      pods?.set(pod.uid, pod)
      return
    }
    if (present !== undefined) this.removePod(pod.uid)
    const info = this.#nodes.get(node)
    if (info === undefined) {
      const waiting = this.#homeless.get(node)
      if (waiting === undefined) this.#homeless.set(node, new Map([[pod.uid, pod]]))
      else waiting.set(pod.uid, pod)
      this.#placed.set(pod.uid, { pod, node, row: -1 })
      return
    }
    this.#placed.set(pod.uid, { pod, node, row: info.row })
    this.#count(pod, info, 1)
  }

  removePod(uid: string): void {
    const present = this.#placed.get(uid)
    if (present === undefined) return
    const info = this.#nodes.get(present.node)
    if (info === undefined) {
      const waiting = this.#homeless.get(present.node)
      waiting?.delete(uid)
      if (waiting?.size === 0) this.#homeless.delete(present.node)
    } else this.#count(present.pod, info, -1)
    this.#placed.delete(uid)
  }

  #eachOnNodes(visit: (pod: PodInfo, row: number) => void): void {
    for (const { pods, row } of this.#nodes.values()) for (const pod of pods.values()) visit(pod, row)
  }

  #count(pod: PodInfo, info: NodeInfo, sign: 1 | -1): void {
    const { row, pods, usedPorts } = info
    if (sign === 1) pods.set(pod.uid, pod)
    else pods.delete(pod.uid)
    const placed = this.#placed.get(pod.uid)
    if (placed !== undefined) placed.row = sign === 1 ? row : -1
    this.table.count(row, pod.resources, sign)
    this.#counters.count(pod, row, sign)
    this.affinity.count(pod, row, sign)
    for (const port of pod.shape.hostPorts) {
      if (sign === 1) usedPorts.push(port)
      else usedPorts.splice(usedPorts.indexOf(port), 1)
    }
    for (const claim of pod.claims) this.#countClaim(`${pod.shape.namespace}/${claim}`, pod.uid, sign)
  }

  #countClaim(key: string, uid: string, sign: 1 | -1): void {
    const users = this.#claimUsers.get(key)
    if (sign === 1) {
      if (users === undefined) this.#claimUsers.set(key, new Set([uid]))
      else users.add(uid)
      return
    }
    users?.delete(uid)
    if (users?.size === 0) this.#claimUsers.delete(key)
  }

  #countImages({ node, row }: NodeInfo, sign: 1 | -1): void {
    for (const { names = [], sizeBytes = 0 } of node.status?.images ?? []) {
      for (const name of names) {
        const image = taggedImage(name)
        const state = this.images.get(image)
        if (sign === 1) {
          if (state === undefined) this.images.set(image, { sizeBytes, rows: new Set([row]) })
          else state.rows.add(row)
        } else {
          state?.rows.delete(row)
          if (state?.rows.size === 0) this.images.delete(image)
        }
      }
    }
  }

  #nodesChanged(): void {
    this.nodesVersion++
    this.layoutVersion++
    this.#order = undefined
    this.#topologies.clear()
  }
}

const NOBODY: ReadonlySet<string> = new Set()

/** Whether swapping one for the other leaves every sum as it is. */
function countsAlike(old: PodInfo, pod: PodInfo): boolean {
  const terminating = old.pod.metadata.deletionTimestamp !== undefined
  return (
    old.shape === pod.shape &&
    terminating === (pod.pod.metadata.deletionTimestamp !== undefined) &&
    (old.resources === pod.resources || deepEqual([...old.resources.scalars], [...pod.resources.scalars])) &&
    sameAmounts(old.resources, pod.resources)
  )
}

function sameAmounts(a: PodResources, b: PodResources): boolean {
  return (
    a === b ||
    (a.milliCpu === b.milliCpu &&
      a.memory === b.memory &&
      a.ephemeralStorage === b.ephemeralStorage &&
      a.nonZeroMilliCpu === b.nonZeroMilliCpu &&
      a.nonZeroMemory === b.nonZeroMemory)
  )
}
