import { createHash } from 'node:crypto'
import type { Node, NodeCondition, NodeStatus, NodeSystemInfo } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import type { StoredImage } from '../runtime.ts'

/** The version of Kubernetes that our nodes speak. */
export const KUBELET_VERSION = 'v1.35.0'
/** How many images a node names (kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go: nodeStatusMaxImages). */
const IMAGES_MAX = 50
/** What a node has that says nothing of it. */
const DEFAULT_CAPACITY: Readonly<Record<string, string>> = {
  cpu: '4',
  'ephemeral-storage': '100Gi',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '16Gi',
  pods: '110',
}

export interface NodeStatusFacts {
  readonly ip: string
  readonly runtimeVersion: string
  readonly images: readonly StoredImage[]
  /** How often the machine has started. */
  readonly boots: number
  readonly isMemoryShort: boolean
  readonly nowMs: number
}

/** What the kubelet says of its node. Capacity that somebody gave the node stays; what others wrote does too. */
export function nodeStatus(node: Node, facts: NodeStatusFacts): NodeStatus {
  const before = node.status ?? {}
  const capacity = withDefaults(before.capacity)
  return {
    ...before,
    capacity,
    allocatable: before.allocatable === undefined ? capacity : { ...capacity, ...before.allocatable },
    conditions: conditionsOf(before.conditions ?? [], facts),
    addresses: before.addresses ?? [
      { type: 'InternalIP', address: facts.ip },
      { type: 'Hostname', address: node.metadata.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: systemInfo(node, facts),
    images: imagesOf(facts.images),
  }
}

/** Returns the given value when it lacks nothing. */
function withDefaults(capacity: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  if (capacity === undefined) return DEFAULT_CAPACITY
  const isComplete = Object.keys(DEFAULT_CAPACITY).every((name) => name in capacity)
  return isComplete ? capacity : { ...DEFAULT_CAPACITY, ...capacity }
}

/** In the order of kubernetes/kubernetes pkg/kubelet/kubelet_node_status.go: defaultNodeStatusFuncs. */
function conditionsOf(
  before: readonly NodeCondition[],
  { isMemoryShort, nowMs }: NodeStatusFacts,
): readonly NodeCondition[] {
  const memory = isMemoryShort
    ? verdict('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available')
    : verdict('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available')
  const own = [
    memory,
    verdict('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    verdict('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    verdict('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ]
  const names = new Set(own.map(({ type }) => type))
  const now = printTime(nowMs)
  return [
    ...before.filter(({ type }) => !names.has(type)),
    ...own.map((condition): NodeCondition => {
      const old = before.find(({ type }) => type === condition.type)
      const since = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now
      const { type, status, reason, message } = condition
      return { type, status, lastHeartbeatTime: now, lastTransitionTime: since, reason, message }
    }),
  ]
}

interface Verdict {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

function verdict(type: string, status: Verdict['status'], reason: string, message: string): Verdict {
  return { type, status, reason, message }
}

function systemInfo(node: Node, { runtimeVersion, boots }: NodeStatusFacts): NodeSystemInfo {
  const before = node.status?.nodeInfo
  const identity = `${node.metadata.name}/${node.metadata.uid}`
  const bootID = uuidOf(hexOf(`${identity}/${boots}`))
  if (before?.kubeletVersion === KUBELET_VERSION && before.containerRuntimeVersion === runtimeVersion) {
    return boots === 1 ? before : { ...before, bootID }
  }
  const hex = hexOf(identity)
  return {
    machineID: hex,
    systemUUID: uuidOf(hex),
    bootID,
    kernelVersion: '6.12.0-dabba',
    osImage: 'dabba',
    containerRuntimeVersion: runtimeVersion,
    kubeletVersion: KUBELET_VERSION,
    kubeProxyVersion: '',
    operatingSystem: node.metadata.labels?.['kubernetes.io/os'] ?? 'linux',
    architecture: node.metadata.labels?.['kubernetes.io/arch'] ?? 'amd64',
  }
}

function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function uuidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The largest first. */
function imagesOf(images: readonly StoredImage[]): NonNullable<NodeStatus['images']> {
  return images
    .toSorted((left, right) => right.sizeBytes - left.sizeBytes || (left.name < right.name ? -1 : 1))
    .slice(0, IMAGES_MAX)
    .map(({ id, name, sizeBytes }) => ({ names: [id, name], sizeBytes }))
}
