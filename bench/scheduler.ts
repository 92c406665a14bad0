/**
 * How many pods a second the scheduler places, API server, informers, bindings and events included, on one core:
 *
 *     node bench/scheduler.ts [NAME...] [--all]
 *
 * Without names, the workloads that kube-scheduler's gate of scale is about; a name selects all workloads with it.
 */
import { parseArgs } from 'node:util'
import type { ApiObject } from '../src/api/object.ts'
import { Pod } from '../src/api/kinds/core/pod.ts'
import { builtinKinds } from '../src/api/kinds/builtin-kinds.ts'
import type { CSINode } from '../src/api/kinds/storage/csi-node.ts'
import { Scheme } from '../src/api/scheme.ts'
import { Admission } from '../src/apiserver/admission/admission.ts'
import { ApiServer } from '../src/apiserver/api-server.ts'
import { bindPod } from '../src/apiserver/subresources/binding.ts'
import { Client } from '../src/client/client.ts'
import { EventRecorder } from '../src/client/events.ts'
import { Informers } from '../src/client/informers.ts'
import { Scheduler } from '../src/scheduler/scheduler.ts'
import { MemoryEngine } from '../src/store/engines/memory.ts'
import { Store } from '../src/store/store.ts'
import { SeededRandom } from '../src/world/random.ts'
import { RealClock } from '../src/world/real-clock.ts'
import { type Batch, nodeOf, volumeOf, type Workload, WORKLOADS } from './scheduler-workloads.ts'

const DEFAULT_NAMES = ['SchedulingBasic/5000Nodes_10000Pods', 'TopologySpreading/', 'SchedulingPodAntiAffinity/']

/** After so many creations everybody else gets a turn, as with clients beyond a network. */
const CREATED_AT_ONCE = 32

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } })
  const names = positionals.length > 0 ? positionals : DEFAULT_NAMES
  const chosen = WORKLOADS.filter(({ name }) => values.all === true || names.some((part) => name.includes(part)))
  let below = 0
  for (const workload of chosen) {
    const { rate, cpuRate } = await measure(workload)
    const floor = workload.minPodsPerSecond
    if (Math.max(rate, cpuRate) < floor) below++
    const times = `${floor === 0 ? '' : `  ${(rate / floor).toFixed(1)} times`}  ${cpuRate.toFixed(0)} a CPU second`
    console.log(
      `${workload.name.padEnd(70)} ${rate.toFixed(0).padStart(6)} pods/s  floor ${String(floor).padStart(4)}${times}`,
    )
  }
  return below === 0 ? 0 : 1
}

interface Cluster {
  readonly client: Client
  readonly clock: RealClock
  /** Resolves when so many pods have a node. */
  scheduled(count: number): Promise<void>
}

/** Pods a second by the wall clock, and a second of processor time: the latter does not mind busy neighbours. */
interface Rates {
  readonly rate: number
  readonly cpuRate: number
}

async function measure(workload: Workload): Promise<Rates> {
  const clock = new RealClock()
  const scheme = new Scheme()
  for (const kind of builtinKinds()) scheme.add(kind)
  const store = new Store({ engine: new MemoryEngine(), clock })
  const random = new SeededRandom('bench')
  const admission = new Admission([], { store, scheme, clock })
  const subresources = new Map([['pods/binding', bindPod]])
  const server = new ApiServer({ store, scheme, clock, random: random.fork('server'), admission, subresources })
  const client = new Client({ transport: server, scheme, user: { username: 'bench' }, fieldManager: 'bench' })
  const informers = new Informers(client, clock)
  const events = new EventRecorder({ client, clock, component: 'default-scheduler' })
  const scheduler = new Scheduler({ client, informers, clock, random: random.fork('scheduler'), events })
  const stop = new AbortController()
  const cluster: Cluster = { client, clock, scheduled: counter(informers) }
  await prepare(workload, client)
  const running = scheduler.run(stop.signal)
  let total = 0
  let scheduled = 0
  for (const batch of workload.before ?? []) {
    await create(batch, total, cluster)
    total += batch.count
    if (batch.gated !== true) scheduled += batch.count
    await cluster.scheduled(scheduled)
  }
  const rates = await timed(workload, { created: total, scheduled }, cluster)
  stop.abort()
  await running
  informers.stop()
  store.close()
  return rates
}

async function timed(
  workload: Workload,
  before: { created: number; scheduled: number },
  cluster: Cluster,
): Promise<Rates> {
  const { client, clock, scheduled } = cluster
  const { measured, churn } = workload
  const stop = new AbortController()
  const churning = churn === undefined ? Promise.resolve() : churnPods(churn, client, { clock, signal: stop.signal })
  const start = performance.now()
  const cpuStart = process.cpuUsage()
  await create(measured, before.created, cluster)
  await scheduled(before.scheduled + measured.count)
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpuStart)
  stop.abort()
  await churning
  return { rate: measured.count / seconds, cpuRate: measured.count / ((user + system) / 1_000_000) }
}

async function churnPods(
  { pod, everyMs }: NonNullable<Workload['churn']>,
  client: Client,
  { clock, signal }: { clock: RealClock; signal: AbortSignal },
): Promise<void> {
  for (let index = 0; !signal.aborted; index++) {
    const { spec } = pod(index)
    await client.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadataOf(`churn-${index}`, 'churn'),
      spec,
    } as ApiObject)
    await clock.sleep(everyMs, signal).catch(() => undefined)
  }
}

async function prepare({ nodes, node, namespaces = {}, objects = [] }: Workload, client: Client): Promise<void> {
  for (const [name, labels] of Object.entries({ default: {}, churn: {}, ...namespaces })) {
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } } as ApiObject)
  }
  for (let index = 0; index < nodes; index++) {
    await client.create(nodeOf(index, node?.(index) ?? {}))
    const drivers = [{ name: 'ebs.csi.aws.com', nodeID: `node-${index}`, allocatable: { count: 39 } }]
    const csiNode: CSINode = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name: `node-${index}` },
      spec: { drivers },
    }
    await client.create(csiNode)
  }
  for (const object of objects) await client.create(object)
}

async function create(
  { count, namespace = 'default', pod, volumes }: Batch,
  first: number,
  { client, clock }: Pick<Cluster, 'client' | 'clock'>,
): Promise<void> {
  for (let index = first; index < first + count; index++) {
    if (index % CREATED_AT_ONCE === 0) await clock.yield()
    const { labels, spec } = pod(index)
    const name = `pod-${index}`
    if (volumes === true) for (const object of volumeOf(name, namespace)) await client.create<ApiObject>(object)
    const mounted = volumes === true ? [{ name: 'data', persistentVolumeClaim: { claimName: name } }] : undefined
    await client.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadataOf(name, namespace, labels),
      spec: mounted === undefined ? spec : { ...spec, volumes: mounted },
    } as ApiObject)
  }
}

function metadataOf(name: string, namespace: string, labels: Readonly<Record<string, string>> = {}) {
  return { name, namespace, labels }
}

/** Counts the pods that were bound, except those that only make noise. */
function counter(informers: Informers): (count: number) => Promise<void> {
  let bound = 0
  let wanted: { count: number; resolve: () => void } | undefined
  const see = (pod: Pod, old?: Pod): void => {
    if (pod.metadata.namespace === 'churn' || (pod.spec.nodeName ?? '') === '' || old?.spec.nodeName !== undefined)
      return
    bound++
    if (wanted !== undefined && bound >= wanted.count) wanted.resolve()
  }
  informers.of(Pod).handle({ added: (pod) => see(pod), updated: see })
  return (count) =>
    new Promise((resolve) => {
      if (bound >= count) resolve()
      else wanted = { count, resolve }
    })
}
