import { notFound } from '../../api/errors.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { NodeMetrics } from '../../api/kinds/metrics/node-metrics.ts'
import type { ContainerMetrics, PodMetrics, ResourceUsage } from '../../api/kinds/metrics/pod-metrics.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext, SubresourceHandler } from '../context.ts'
import { storagePathOf } from '../rest/meta.ts'
import { selectionOf } from '../rest/selection.ts'

/** Over how long usage is measured, and so how long a container must have run: metrics-server's --metric-resolution. */
const WINDOW_MS = 15_000
const NANO = 1e9
const KIBI = 1_024

/** What a container uses now. */
export interface UsageReading {
  readonly name: string
  readonly startedAtMs: number
  readonly cpuCores: number
  readonly memoryBytes: number
}

/** Whoever runs the pods. `undefined` for a pod or node that is not theirs, or that does not answer. */
export interface UsageSource {
  podUsage(pod: Pod): readonly UsageReading[] | undefined
}

/** GET metrics.k8s.io/…/pods and …/nodes, one or all: what `kubectl top` and autoscalers read. */
export function resourceMetrics(source: UsageSource): {
  readonly pods: SubresourceHandler
  readonly nodes: SubresourceHandler
} {
  return {
    pods: (request, context) =>
      answer(request, context, { of: Pod, measure: (pod) => podMetrics(pod as Pod, source, context) }),
    nodes: (request, context) => {
      const byNode = usageByNode(source, context)
      return answer(request, context, { of: Node, measure: (node) => nodeMetrics(node as Node, byNode, context) })
    },
  }
}

interface Measured {
  readonly of: typeof Pod | typeof Node
  measure(object: ApiObject): ApiObject | undefined
}

async function answer(request: ApiRequest, { store }: ServerContext, { of, measure }: Measured): Promise<unknown> {
  const { verb, name = '', namespace, kind, options } = request
  const path = storagePathOf(of as never)
  if (verb === 'get') {
    const object = store.get(path, { namespace, name })
    const measured = object === undefined ? undefined : measure(object)
    if (measured !== undefined) return measured
    const missing = namespace === undefined ? name : `${namespace}/${name}`
    throw notFound({ group: kind.group, resource: `${kind.kind.toLowerCase()}` }, missing)
  }
  const selection = selectionOf(kind, options)
  const objects = store.list(path, namespace).items
  const selected = selection === undefined ? objects : objects.filter(selection)
  return {
    apiVersion: `${kind.group}/${kind.version}`,
    kind: `${kind.kind}List`,
    metadata: {},
    items: selected.map(measure).filter((measured) => measured !== undefined),
  }
}

/** Only pods all of whose containers have been watched for a window are measured, as metrics-server does. */
function podMetrics(pod: Pod, source: UsageSource, { clock }: ServerContext): PodMetrics | undefined {
  const nowMs = clock.now()
  if (pod.status?.phase !== 'Running') return undefined
  const readings = source.podUsage(pod)
  if (readings === undefined || readings.length === 0) return undefined
  if (readings.some(({ startedAtMs }) => nowMs - startedAtMs < WINDOW_MS)) return undefined
  const { name, namespace, labels } = pod.metadata
  const containers = readings.map((reading): ContainerMetrics => ({ name: reading.name, usage: printUsage(reading) }))
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {
      name,
      namespace,
      creationTimestamp: printTime(nowMs),
      ...(labels === undefined ? {} : { labels }),
    } as PodMetrics['metadata'],
    ...watched(nowMs),
    containers,
  }
}

interface Total {
  cpuCores: number
  memoryBytes: number
}

/** The sum of what the pods of each node use. */
function usageByNode(source: UsageSource, { store }: ServerContext): ReadonlyMap<string, Total> {
  const totals = new Map<string, Total>()
  for (const pod of store.list(storagePathOf(Pod as never)).items as readonly Pod[]) {
    const { nodeName } = pod.spec
    if (nodeName === undefined) continue
    const total = totals.get(nodeName) ?? { cpuCores: 0, memoryBytes: 0 }
    totals.set(nodeName, total)
    for (const { cpuCores, memoryBytes } of source.podUsage(pod) ?? []) {
      total.cpuCores += cpuCores
      total.memoryBytes += memoryBytes
    }
  }
  return totals
}

function nodeMetrics(
  node: Node,
  byNode: ReadonlyMap<string, Total>,
  { clock }: ServerContext,
): NodeMetrics | undefined {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status !== 'True') return undefined
  const { name, labels } = node.metadata
  return {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {
      name,
      creationTimestamp: printTime(clock.now()),
      ...(labels === undefined ? {} : { labels }),
    } as NodeMetrics['metadata'],
    ...watched(clock.now()),
    usage: printUsage(byNode.get(name) ?? { cpuCores: 0, memoryBytes: 0 }),
  }
}

function watched(nowMs: number): { readonly timestamp: string; readonly window: string } {
  return { timestamp: printTime(nowMs), window: `${WINDOW_MS / 1_000}s` }
}

/** In the units that metrics-server has: nanocores and kibibytes. */
function printUsage({ cpuCores, memoryBytes }: Total): ResourceUsage {
  return { cpu: `${Math.round(cpuCores * NANO)}n`, memory: `${Math.round(memoryBytes / KIBI)}Ki` }
}
