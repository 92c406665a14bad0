import type { Namespace } from '../../src/api/kinds/core/namespace.ts'
import { Event } from '../../src/api/kinds/core/event.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { bindPod } from '../../src/apiserver/subresources/binding.ts'
import { workloadControllers } from '../../src/controllers/workload-controllers.ts'
import { fakeKubelet, type FakeKubeletOptions } from './fake-kubelet.ts'
import { type TestCluster, testCluster, type TestClusterOptions } from './cluster.ts'

export interface WorkloadCluster extends TestCluster {
  /** Lets virtual time pass until `done` holds; fails the test when it does not within `withinMs`. */
  until(done: () => boolean, withinMs?: number): Promise<void>
  pods(namespace?: string): readonly Pod[]
  /** `reason: message` of all events about an object, in the order in which they were first recorded. */
  eventsOf(name: string): readonly string[]
}

export type WorkloadClusterOptions = TestClusterOptions & Omit<FakeKubeletOptions, 'client' | 'informers' | 'clock'>

/** A cluster with workload controllers and a fake kubelet. */
export async function workloadCluster(options: WorkloadClusterOptions = {}): Promise<WorkloadCluster> {
  const cluster = await testCluster({ ...options, subresources: { 'pods/binding': bindPod, ...options.subresources } })
  const { client, informers, clock, world } = cluster
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as Namespace)
  const events = (component: string) => cluster.events(component)
  const controllers = workloadControllers({ client, informers, clock, random: world.random.fork('workloads'), events })
  await cluster.run(...controllers, fakeKubelet({ ...options, client, informers, clock }))
  const recorded = informers.of(Event)
  const pods = informers.of(Pod)
  await informers.synced()
  return {
    ...cluster,
    async until(done, withinMs = 600_000) {
      const deadlineMs = clock.now() + withinMs
      if (!(await clock.runUntilTrue(done, deadlineMs))) {
        throw new Error(`not within ${withinMs} ms; errors: ${cluster.errors.slice(0, 5).join('; ')}`)
      }
    },
    pods: (namespace = 'shop') => [...pods.values()].filter(({ metadata }) => metadata.namespace === namespace),
    eventsOf: (name) =>
      [...recorded.values()]
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}
