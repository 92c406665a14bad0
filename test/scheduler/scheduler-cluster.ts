import { Event } from '../../src/api/kinds/core/event.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { bindPod } from '../../src/apiserver/subresources/binding.ts'
import type { SubresourceHandler } from '../../src/apiserver/context.ts'
import type { SchedulerConfiguration } from '../../src/scheduler/config.ts'
import { Scheduler } from '../../src/scheduler/scheduler.ts'
import { type TestCluster, testCluster } from '../support/cluster.ts'

export interface SchedulerCluster extends AsyncDisposable {
  readonly cluster: TestCluster
  create(...objects: ApiObject[]): Promise<void>
  /** The node of each pod by name; `-` for none. */
  nodes(): Promise<Record<string, string>>
  pod(name: string): Promise<Pod>
  /** Messages of events of a reason about a pod, with how often each came. */
  messages(pod: string, reason: string): Promise<string[]>
  settle(ms?: number): Promise<void>
}

/** A scheduler at work on a cluster without kubelets. */
export async function schedulerCluster(
  options: {
    config?: SchedulerConfiguration
    seed?: string
    before?: readonly ApiObject[]
    /** In place of the server's own answer to bindings. */
    bind?: SubresourceHandler
  } = {},
): Promise<SchedulerCluster> {
  const cluster = await testCluster({
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    subresources: { 'pods/binding': options.bind ?? bindPod },
  })
  const { client, informers, clock, world } = cluster
  for (const object of options.before ?? []) await client.create(withoutUid(object))
  const stop = new AbortController()
  const scheduler = new Scheduler({
    client,
    informers,
    clock,
    random: world.random.fork('scheduler'),
    events: cluster.events('default-scheduler'),
    ...(options.config === undefined ? {} : { config: options.config }),
  })
  const running = scheduler.run(stop.signal)
  // A failure is for whoever disposes of the cluster, however late that is.
  running.catch(() => undefined)
  await clock.advance(0)
  return {
    cluster,
    async create(...objects) {
      for (const object of objects) await client.create(withoutUid(object))
      await clock.advance(0)
    },
    async nodes() {
      const { items } = await client.list(Pod)
      return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.nodeName ?? '-']))
    },
    async pod(name) {
      const { items } = await client.list(Pod)
      const found = items.find(({ metadata }) => metadata.name === name)
      if (found === undefined) throw new Error(`there is no pod ${name}`)
      return found
    },
    async messages(pod, reason) {
      const { items } = await client.list(Event)
      return items
        .filter((event) => event.involvedObject.name === pod && event.reason === reason)
        .map(({ message = '', count = 1 }) => (count > 1 ? `${message} (x${count})` : message))
    },
    settle: (ms = 0) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await clock.advance(0)
      await running
      await cluster[Symbol.asyncDispose]()
    },
  }
}

/** The server gives UIDs; those of the builders are for tests without one. */
function withoutUid(object: ApiObject): ApiObject {
  const { uid: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
