import { quantityMilli } from '../../../api/quantity-cache.ts'
import type { Pod } from '../../../api/types.generated.ts'
import type { ExposedFamily, ExposedMetric } from '../../exposition/exposed-family.ts'
import type { ContainerReading, NodeReading } from './node-reading.ts'

type Labels = Readonly<Record<string, string>>
type Type = 'counter' | 'gauge'

/** How long a period of the processor's quota is, in microseconds: the kernel's default. */
const CPU_PERIOD = 100_000
/** kubernetes/kubernetes pkg/kubelet/cm/helpers_linux.go */
const SHARES_PER_CORE = 1_024
const SHARES_MIN = 2

/** `/metrics/cadvisor` (google/cadvisor docs/storage/prometheus.md), as far as a simulation knows of it. */
export function cadvisorFamilies(reading: NodeReading): readonly ExposedFamily[] {
  const cpu: ExposedMetric[] = []
  const memory: ExposedMetric[] = []
  for (const { pod, containers } of reading.pods) {
    const labels = { container: '', id: cgroupOf(pod), image: '', name: '', ...namesOf(pod) }
    cpu.push(sample({ ...labels, cpu: 'total' }, sum(containers, 'cpuSeconds')))
    memory.push(sample(labels, sum(containers, 'memoryBytes')))
  }
  const root = { container: '', id: '/', image: '', name: '', namespace: '', pod: '' }
  const all = reading.pods.flatMap(({ containers }) => containers)
  cpu.push(sample({ ...root, cpu: 'total' }, reading.cpuSeconds))
  memory.push(sample(root, sum(all, 'memoryBytes')))
  const each = (value: (container: ContainerReading, pod: Pod) => number | undefined, extra: Labels = {}) =>
    eachContainer(reading, cadvisorLabels, (container, pod) => value(container, pod), extra)
  const capacity = reading.node.status?.capacity ?? {}
  return [
    family('container_cpu_usage_seconds_total', 'counter', 'Processor time used.', [
      ...cpu,
      ...each(({ cpuSeconds }) => cpuSeconds, { cpu: 'total' }),
    ]),
    ...['container_memory_working_set_bytes', 'container_memory_usage_bytes', 'container_memory_rss'].map((name) =>
      family(name, 'gauge', 'Memory in use.', [...memory, ...each(({ memoryBytes }) => memoryBytes)]),
    ),
    family(
      'container_fs_usage_bytes',
      'gauge',
      'What was written to the layer of the container.',
      each(({ ephemeralStorageBytes }) => ephemeralStorageBytes),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'When containers started.',
      each(({ startedAtMs }) => startedAtMs / 1_000),
    ),
    family(
      'container_last_seen',
      'gauge',
      'When containers were last looked at.',
      each(() => Math.floor(reading.nowMs / 1_000)),
    ),
    family(
      'container_spec_cpu_period',
      'gauge',
      'The period of the quota.',
      each(() => CPU_PERIOD),
    ),
    family(
      'container_spec_cpu_quota',
      'gauge',
      'What may be used in a period.',
      each((container, pod) => {
        const limit = resourceOf(container, pod, 'limits', 'cpu')
        return limit === undefined ? undefined : limit * CPU_PERIOD
      }),
    ),
    family(
      'container_spec_cpu_shares',
      'gauge',
      'The weight among others.',
      each((container, pod) =>
        Math.max(SHARES_MIN, Math.floor((resourceOf(container, pod, 'requests', 'cpu') ?? 0) * SHARES_PER_CORE)),
      ),
    ),
    family(
      'container_spec_memory_limit_bytes',
      'gauge',
      'The most memory; 0 is without limit.',
      each((container, pod) => resourceOf(container, pod, 'limits', 'memory') ?? 0),
    ),
    family('machine_cpu_cores', 'gauge', 'Cores of the node.', [
      sample({}, quantityMilli(capacity['cpu'] ?? '0') / 1_000),
    ]),
    family('machine_memory_bytes', 'gauge', 'Memory of the node.', [
      sample({}, quantityMilli(capacity['memory'] ?? '0') / 1_000),
    ]),
  ]
}

/** `/metrics/resource` (kubernetes/kubernetes pkg/kubelet/metrics/collectors/resource_metrics.go). */
export function resourceFamilies(reading: NodeReading): readonly ExposedFamily[] {
  const names = (container: ContainerReading, pod: Pod): Labels => ({ container: container.name, ...namesOf(pod) })
  const ofPods = (field: 'cpuSeconds' | 'memoryBytes'): readonly ExposedMetric[] =>
    reading.pods.map(({ pod, containers }) => sample(namesOf(pod), sum(containers, field)))
  const all = reading.pods.flatMap(({ containers }) => containers)
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Processor time used.',
      eachContainer(reading, names, ({ cpuSeconds }) => cpuSeconds),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Memory in use.',
      eachContainer(reading, names, ({ memoryBytes }) => memoryBytes),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'When containers started.',
      eachContainer(reading, names, ({ startedAtMs }) => startedAtMs / 1_000),
    ),
    family('node_cpu_usage_seconds_total', 'counter', 'Processor time used on the node.', [
      sample({}, reading.cpuSeconds),
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Memory in use on the node.', [
      sample({}, sum(all, 'memoryBytes')),
    ]),
    family('pod_cpu_usage_seconds_total', 'counter', 'Processor time used by pods.', ofPods('cpuSeconds')),
    family('pod_memory_working_set_bytes', 'gauge', 'Memory in use by pods.', ofPods('memoryBytes')),
    family('resource_scrape_error', 'gauge', '1 if something could not be measured.', [sample({}, 0)]),
  ]
}

/** `/metrics`: the kubelet itself (kubernetes/kubernetes pkg/kubelet/metrics/metrics.go). */
export function kubeletFamilies({ node, pods }: NodeReading): readonly ExposedFamily[] {
  const states = new Map<string, number>([['running', 0]])
  for (const { pod } of pods) {
    for (const { state } of pod.status?.containerStatuses ?? []) {
      const name = state?.running === undefined ? (state?.terminated === undefined ? 'created' : 'exited') : 'running'
      states.set(name, (states.get(name) ?? 0) + 1)
    }
  }
  const running = pods.filter(({ containers }) => containers.length > 0).length
  const gitVersion = node.status?.nodeInfo?.kubeletVersion ?? ''
  return [
    family('kubelet_node_name', 'gauge', 'The name of the node.', [sample({ node: node.metadata.name }, 1)]),
    family('kubelet_running_pods', 'gauge', 'Pods with a container that runs.', [sample({}, running)]),
    family(
      'kubelet_running_containers',
      'gauge',
      'Containers by their state.',
      [...states].map(([state, count]) => sample({ container_state: state }, count)),
    ),
    family('kubelet_desired_pods', 'gauge', 'Pods that are bound to the node.', [sample({ static: '' }, pods.length)]),
    family('kubernetes_build_info', 'gauge', 'Which version this is.', [
      sample({ git_version: gitVersion, platform: 'linux/amd64' }, 1),
    ]),
  ]
}

function* containersOf(reading: NodeReading): Generator<readonly [ContainerReading, Pod]> {
  for (const { pod, containers } of reading.pods) for (const container of containers) yield [container, pod]
}

function eachContainer(
  reading: NodeReading,
  labels: (container: ContainerReading, pod: Pod) => Labels,
  value: (container: ContainerReading, pod: Pod) => number | undefined,
  extra: Labels = {},
): readonly ExposedMetric[] {
  const metrics: ExposedMetric[] = []
  for (const [container, pod] of containersOf(reading)) {
    const number = value(container, pod)
    if (number !== undefined) metrics.push(sample({ ...labels(container, pod), ...extra }, number))
  }
  return metrics
}

function cadvisorLabels({ name, id, image }: ContainerReading, pod: Pod): Labels {
  return { container: name, id: `${cgroupOf(pod)}/${id}`, image, name: id, ...namesOf(pod) }
}

function namesOf({ metadata: { namespace = '', name } }: Pod): Labels {
  return { namespace, pod: name }
}

function cgroupOf({ metadata: { uid = '' }, status }: Pod): string {
  const quality = status?.qosClass ?? 'BestEffort'
  return `/kubepods${quality === 'Guaranteed' ? '' : `/${quality.toLowerCase()}`}/pod${uid}`
}

function resourceOf(
  { name }: ContainerReading,
  { spec }: Pod,
  part: 'requests' | 'limits',
  resource: string,
): number | undefined {
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find((one) => one.name === name)
  const amount = container?.resources?.[part]?.[resource]
  return amount === undefined ? undefined : quantityMilli(amount) / 1_000
}

function sum(containers: readonly ContainerReading[], field: 'cpuSeconds' | 'memoryBytes'): number {
  return containers.reduce((total, container) => total + container[field], 0)
}

function sample(labels: Labels, value: number): ExposedMetric {
  return { labels: Object.entries(labels), value: { kind: 'number', value } }
}

function family(name: string, type: Type, help: string, metrics: readonly ExposedMetric[]): ExposedFamily {
  return { name, help, type, metrics }
}
