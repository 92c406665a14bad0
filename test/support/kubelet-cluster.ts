import { Pod } from '../../src/api/kinds/core/pod.ts'
import type { WorkloadModel, WorkloadModelSpec } from '../../src/api/kinds/dabba/workload-model.ts'
import { WorkloadModels } from '../../src/api/kinds/dabba/workload-models.ts'
import type { Container, Event, PodSpec } from '../../src/api/types.generated.ts'
import { Kubelets } from '../../src/kubelet/kubelets.ts'
import { defaultNodeProfile, expandNodeProfiles, type NodeProfile } from '../../src/api/kinds/dabba/node-profile.ts'
import { SimulatedRuntime } from '../../src/kubelet/runtimes/simulated/simulated-runtime.ts'
import { ClusterNetwork } from '../../src/network/cluster-network.ts'
import { type TestCluster, testCluster, type TestClusterOptions } from './cluster.ts'
import { Event as EventKind } from '../../src/api/kinds/core/event.ts'

export interface KubeletCluster extends TestCluster {
  readonly kubelets: Kubelets
  readonly runtime: SimulatedRuntime
  /** The pods' network, where they answer. */
  readonly network: ClusterNetwork
  /** What the kubelets reported; nothing, in a test that is well. */
  readonly failures: readonly unknown[]
  /** Creates a pod in `default`, bound to `node-1` unless its spec says otherwise. */
  pod(name: string, spec: Partial<PodSpec>, metadata?: Partial<Pod['metadata']>): Promise<Pod>
  get(name: string): Promise<Pod | undefined>
  /** Each change of a pod as watchers see it, oldest first. */
  history(name: string): readonly Pod[]
  eventsOf(name: string): Promise<readonly Event[]>
  model(name: string, spec: WorkloadModelSpec): void
  models(): WorkloadModels
  /** As if the process ended: the API is left as it is. */
  stopKubelets(): void
}

export interface KubeletClusterOptions extends TestClusterOptions {
  readonly nodes?: number
  readonly profile?: Partial<NodeProfile>
}

/** A test cluster with simulated nodes, and nothing else that acts. */
export async function kubeletCluster(options: KubeletClusterOptions = {}): Promise<KubeletCluster> {
  const cluster = await testCluster(options)
  const { client, informers, clock, world } = cluster
  const failures: unknown[] = []
  const models: WorkloadModel[] = []
  let compiled = new WorkloadModels(models)
  const network = new ClusterNetwork({ informers, clock })
  const random = world.random.fork('runtime')
  const runtime = new SimulatedRuntime({ clock, random, models: () => compiled, network })
  const kubelets = new Kubelets({ client, informers, clock, runtime, onError: (error) => failures.push(error) })
  const stop = new AbortController()
  const seen: Pod[] = []
  informers.of(Pod).handle({ added: (pod) => seen.push(pod), updated: (pod) => seen.push(pod) })
  const profile = { ...defaultNodeProfile(options.nodes ?? 1), ...options.profile }
  for (const node of expandNodeProfiles([profile])) await client.create(node)
  const running = kubelets.run(stop.signal)
  await clock.advance(0)
  return {
    ...cluster,
    kubelets,
    runtime,
    network,
    failures,
    pod: (name, spec, metadata) => client.create(testPod(name, spec, metadata)),
    get: (name) => client.get(Pod, { namespace: 'default', name }),
    history: (name) => seen.filter((pod) => pod.metadata.name === name),
    async eventsOf(name) {
      const { items } = await client.list(EventKind)
      return items.filter((event) => event.involvedObject.name === name)
    },
    model(name, spec) {
      models.push({ apiVersion: 'dabba.dev/v1alpha1', kind: 'WorkloadModel', metadata: { name }, spec })
      compiled = new WorkloadModels(models)
    },
    models: () => compiled,
    stopKubelets: () => stop.abort(),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await cluster[Symbol.asyncDispose]()
    },
  }
}

export function testPod(name: string, spec: Partial<PodSpec>, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', ...metadata, name },
    spec: { containers: [container('web')], nodeName: 'node-1', restartPolicy: 'Always', ...spec },
  }
}

export function container(name: string, rest: Partial<Container> = {}): Container {
  return { name, image: 'nginx:1.29', ...rest }
}

/** One line a status: `Running web:running! log:137`. `!` says ready; a number is an exit code, a word why one waits. */
export function statesOf(history: readonly Pod[]): string[] {
  const lines = history.map(({ status }) => {
    const all = [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ]
    const parts = all.map(({ name, state, ready }) => {
      if (state?.running !== undefined) return `${name}:running${ready ? '!' : ''}`
      return `${name}:${state?.terminated?.exitCode ?? state?.waiting?.reason}`
    })
    return [status?.phase, ...parts].join(' ')
  })
  return lines.filter((line, index) => line !== lines[index - 1])
}

/** What events of one reason say about a pod. */
export async function messagesOf(cluster: KubeletCluster, pod: string, reason: string): Promise<string[]> {
  const events = await cluster.eventsOf(pod)
  return events.filter((event) => event.reason === reason).map(({ message }) => message ?? '')
}
