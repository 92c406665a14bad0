import { createHash } from 'node:crypto'
import type { ApiObject } from './api/object.ts'
import { defaultNodeProfile, type NodeProfile } from './api/kinds/dabba/node-profile.ts'
import { parseYamlDocuments } from './api/yaml.ts'
import { assert } from './base/assert.ts'
import type { Client } from './client/client.ts'
import { createPlatform, type Platform } from './platform.ts'
import { realWorld } from './world/real-world.ts'
import { rehearsedWorld } from './world/rehearsed-world.ts'
import { VirtualClock } from './world/virtual-clock.ts'

export * as kinds from './kinds.ts'
export { StatusError } from './api/errors.ts'
export type { NodeProfile }

export interface ClusterOptions {
  /** `virtual` (the default): time passes only when it is turned, and as fast as its work. `real`: the host's. */
  readonly clock?: 'virtual' | 'real'
  /** The same seed gives the same cluster: names, addresses, UIDs, and the order of everything. */
  readonly seed?: string
  /** How many nodes, or what they are like; one unless told otherwise. */
  readonly nodes?: number | readonly NodeProfile[]
}

/** How long `until` waits unless told otherwise: five minutes of the cluster's own time. */
const PATIENCE_MS = 300_000
const POLL_MS = 20

/**
 * A cluster in a test.
 *
 * @example
 * await using cluster = await startCluster({ nodes: 3 })
 * await cluster.apply(readFileSync('web.yaml', 'utf8'))
 * await cluster.until(async () => (await cluster.client.get(Deployment, key))?.status?.readyReplicas === 3)
 */
export class TestCluster implements AsyncDisposable {
  readonly platform: Platform
  readonly client: Client
  readonly #hash = createHash('sha256')
  readonly #errors: string[]

  constructor(platform: Platform, errors: string[]) {
    this.platform = platform
    this.client = platform.client
    this.#errors = errors
    platform.store.watchAll(({ type, resource, object }) => {
      this.#hash.update(`${type} ${resource} ${JSON.stringify(object)}\n`)
    })
  }

  /** Milliseconds since the epoch, by the cluster's clock. */
  now(): number {
    return this.platform.world.clock.now()
  }

  /** Applies objects, or YAML of any number of documents, in order. Refusals are StatusErrors in Kubernetes' words. */
  async apply(manifests: string | readonly ApiObject[]): Promise<readonly ApiObject[]> {
    const objects =
      typeof manifests === 'string' ? parseYamlDocuments(manifests).map(({ value }) => value as ApiObject) : manifests
    const client = this.client.forManifests('dabba-test')
    const applied: ApiObject[] = []
    for (const object of objects) {
      const isHomeless = client.kindOf(object).namespaced && object.metadata.namespace === undefined
      const placed = isHomeless ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object
      applied.push(await client.apply(placed, { force: true }))
    }
    return applied
  }

  /** Lets time pass: at once by a virtual clock, by waiting for a real one. */
  async advance(durationMs: number): Promise<void> {
    const { clock } = this.platform.world
    if (clock instanceof VirtualClock) await clock.advance(durationMs)
    else await clock.sleep(durationMs)
  }

  /** Lets time pass until `done` holds. Throws, with what went wrong inside meanwhile, after `patienceMs`. */
  async until(done: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
    const { clock } = this.platform.world
    const deadlineMs = clock.now() + patienceMs
    if (clock instanceof VirtualClock) {
      if (await clock.runUntilTrue(done, deadlineMs)) return
    } else {
      while (clock.now() < deadlineMs) {
        if (await done()) return
        await clock.sleep(POLL_MS)
      }
    }
    const trouble = this.#errors.length === 0 ? '' : `; meanwhile: ${this.#errors.slice(-5).join('; ')}`
    throw new Error(`not so after ${patienceMs / 1_000} s of the cluster's time${trouble}`)
  }

  /** A fault: the node's machine is dead until `healNode`. */
  failNode(name: string): void {
    this.platform.setNodeFailed(name, true)
  }

  healNode(name: string): void {
    this.platform.setNodeFailed(name, false)
  }

  /** What loops of the cluster failed at, oldest first; they tried again. */
  get errors(): readonly string[] {
    return this.#errors
  }

  /** A digest of every write so far, in order: equal for equal runs. */
  eventLogHash(): string {
    return this.#hash.copy().digest('hex')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.platform.stop()
  }
}

/** Starts a cluster for a test; `await using` disposes of it. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { clock = 'virtual', seed, nodes = 1 } = options
  assert(typeof nodes !== 'number' || nodes >= 0, 'a cluster has no negative number of nodes')
  const world =
    clock === 'virtual'
      ? rehearsedWorld(seed === undefined ? {} : { seed })
      : realWorld(seed === undefined ? {} : { seed })
  const errors: string[] = []
  const profiles = typeof nodes === 'number' ? [defaultNodeProfile(nodes)] : nodes
  const onError = (where: string, error: Error): void => {
    errors.push(`${where}: ${error.message}`)
  }
  return new TestCluster(await createPlatform({ world, nodes: profiles, onError }), errors)
}
