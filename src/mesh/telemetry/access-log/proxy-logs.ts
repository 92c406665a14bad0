import { KeptLines } from '../../../base/kept-lines.ts'
import { Namespace } from '../../../api/kinds/core/namespace.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import type { Informer } from '../../../client/informer.ts'
import type { Informers } from '../../../client/informers.ts'
import { hasSidecar, isGateway, type MeshPod, PROXY_CONTAINER } from '../../registry/pod-workload.ts'
import type { Workload } from '../../registry/workload.ts'

/** Where a line goes. */
export interface LogTarget {
  readonly proxy: Workload | undefined
  readonly path: string
  readonly timeMs: number
}

/** All logs together, unless there are so many that each would be left with less than the least. */
const TOTAL_BYTES_MAX = 64 * 2 ** 20
const BYTES_MIN = 16 * 2 ** 10
/** kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go, containerLogMaxSize. */
const BYTES_MAX = 10 * 2 ** 20

const BY_ADDRESS = 'mesh-pods-by-address'
/** What a container writes to. What is written to other files nobody could read. */
const STREAMS = { '/dev/stdout': 'stdout', '/dev/stderr': 'stderr' } as const

/**
 * What the proxies of pods write: the log of their container `istio-proxy`, which gateways have, and which other pods here
 * are without. Nothing is kept, indexed or watched before the first line is written or asked for.
 */
export class ProxyLogs {
  readonly #pods: Informer<Pod>
  readonly #namespaces: Informer<Namespace>
  /** By the pod's UID. */
  readonly #logs = new Map<string, KeptLines>()
  #isWatching = false

  constructor(informers: Informers) {
    this.#pods = informers.of(Pod)
    this.#namespaces = informers.of(Namespace)
  }

  write(text: string, { proxy, path, timeMs }: LogTarget): void {
    if (proxy === undefined || !isStream(path)) return
    const pod = this.#podOf(proxy)
    if (pod === undefined) return
    const log = this.#logOf(pod)
    const stream = STREAMS[path]
    const end = text.length - (text.endsWith('\n') ? 1 : 0)
    for (const line of text.slice(0, end).split('\n')) log.write({ timeMs, stream, line })
  }

  /** What the proxy of a pod writes in the container's name; undefined where there is no such container or no proxy. */
  of(pod: Pod, container: string): KeptLines | undefined {
    const isThere = this.#pods.get(pod.metadata)?.metadata.uid === pod.metadata.uid
    return isThere && container === PROXY_CONTAINER && this.#hasProxy(pod) ? this.#logOf(pod) : undefined
  }

  /** Whether the container would be there if sidecars were containers here. */
  isBeside(pod: Pod, container: string): boolean {
    const { initContainers = [], containers } = pod.spec
    const isReal = [...initContainers, ...containers].some(({ name }) => name === container)
    return !isReal && container === PROXY_CONTAINER && this.#hasProxy(pod)
  }

  #hasProxy(pod: Pod): boolean {
    const { labels = {} } = this.#namespaces.get({ name: pod.metadata.namespace ?? '' })?.metadata ?? {}
    return isGateway(pod as MeshPod) || hasSidecar(pod as MeshPod, labels)
  }

  #logOf({ metadata: { uid = '' } }: Pod): KeptLines {
    const known = this.#logs.get(uid)
    if (known !== undefined) return known
    this.#watch()
    const log = new KeptLines(() => this.#bytesMax)
    this.#logs.set(uid, log)
    // Each further log makes the others' share smaller. Those that still write see to it themselves.
    const { size } = this.#logs
    const hasDoubled = (size & (size - 1)) === 0
    if (hasDoubled) for (const other of this.#logs.values()) other.trim()
    return log
  }

  get #bytesMax(): number {
    return Math.min(BYTES_MAX, Math.max(BYTES_MIN, TOTAL_BYTES_MAX / this.#logs.size))
  }

  /** On a node's own network several pods share an address. */
  #podOf({ addresses: [address = ''], namespace }: Workload): Pod | undefined {
    this.#watch()
    return this.#pods.byIndex(BY_ADDRESS, address).find(({ metadata }) => metadata.namespace === namespace)
  }

  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#pods.addIndex(BY_ADDRESS, ({ status }) => (hasAddress(status) ? [status.podIP] : NO_ADDRESS))
    this.#pods.handle({
      deleted: ({ metadata: { uid = '' } }) => {
        this.#logs.get(uid)?.close()
        this.#logs.delete(uid)
      },
    })
  }
}

const NO_ADDRESS: readonly string[] = []

/** Who has run to the end has given its address back. */
function hasAddress(status: Pod['status']): status is Pod['status'] & { readonly podIP: string } {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  return status?.podIP !== undefined && !isOver
}

function isStream(path: string): path is keyof typeof STREAMS {
  return Object.hasOwn(STREAMS, path)
}
