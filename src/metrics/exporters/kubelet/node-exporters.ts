import { Node } from '../../../api/kinds/core/node.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import type { Informer } from '../../../client/informer.ts'
import type { Informers } from '../../../client/informers.ts'
import { indexByNode, podsOnNode } from '../../../client/pods-by-node.ts'
import type { Clock } from '../../../world/clock.ts'
import { textResponse, type WebHandler, type WebRequest, type WebResponse } from '../../../world/web.ts'
import { type ContainerReading, NodeMeter, type NodeReading } from './node-reading.ts'

/** kubernetes/kubernetes pkg/cluster/ports/ports.go: KubeletPort */
const PORT = 10_250

const PATHS: ReadonlySet<string> = new Set(['/metrics', '/metrics/cadvisor', '/metrics/resource'])

export interface NodeExportersOptions {
  readonly informers: Informers
  readonly clock: Clock
  /** What the containers of a pod use; undefined for a pod that nobody runs. */
  consumption(pod: { readonly namespace: string; readonly name: string }): readonly ContainerReading[] | undefined
  /** Whether a node answers. */
  isUp(node: string): boolean
  listen(listening: {
    readonly ip: string
    readonly port: number
    readonly scheme: 'https'
    readonly handler: WebHandler
    isReachable(): boolean
  }): () => void
  /** Told of nodes whose metrics cannot be had, because something else listens there. */
  onError(error: Error): void
}

/** What the kubelet of each node tells of it, at the node's address. */
export class NodeExporters {
  readonly #options: NodeExportersOptions
  readonly #pods: Informer<Pod>
  readonly #nodes: Informer<Node>
  /** By node: where it listens, and what ends that. */
  readonly #listening = new Map<string, { readonly ip: string; readonly close: () => void }>()
  readonly #meters = new Map<string, NodeMeter>()

  constructor(options: NodeExportersOptions) {
    this.#options = options
    this.#pods = options.informers.of(Pod)
    this.#nodes = options.informers.of(Node)
    indexByNode(this.#pods)
    this.#nodes.handle({
      added: (node) => this.#seen(node),
      updated: (node) => this.#seen(node),
      deleted: ({ metadata }) => this.#gone(metadata.name),
    })
  }

  #seen({ metadata: { name }, status }: Node): void {
    const ip = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    const known = this.#listening.get(name)
    if (ip === undefined || known?.ip === ip) return
    known?.close()
    try {
      const handler: WebHandler = (request) => this.#answer(name, request)
      const isReachable = (): boolean => this.#options.isUp(name)
      const close = this.#options.listen({ ip, port: PORT, scheme: 'https', handler, isReachable })
      this.#listening.set(name, { ip, close })
    } catch (error) {
      this.#listening.set(name, { ip, close: () => undefined })
      this.#options.onError(error as Error)
    }
  }

  #gone(name: string): void {
    this.#listening.get(name)?.close()
    this.#listening.delete(name)
    this.#meters.delete(name)
  }

  async #answer(name: string, { path, headers }: WebRequest): Promise<WebResponse> {
    if (path === '/healthz') return textResponse(200, 'ok')
    const reading = PATHS.has(path) ? this.#read(name) : undefined
    if (reading === undefined) return textResponse(404, '404 page not found\n')
    // Loaded when first asked for: most clusters are never scraped, and all of them start quickly.
    const { printNode } = await this.#options.clock.outside(import('./node-page.ts'))
    const { contentType, body } = printNode(path, reading, headers['accept'])
    return { status: 200, headers: { 'content-type': contentType }, body }
  }

  #read(name: string): NodeReading | undefined {
    const node = this.#nodes.get({ name })
    if (node === undefined) return undefined
    const pods = podsOnNode(this.#pods, name).map((pod) => {
      const { namespace = '', name: podName } = pod.metadata
      return { pod, containers: this.#options.consumption({ namespace, name: podName }) ?? [] }
    })
    let meter = this.#meters.get(name)
    if (meter === undefined) this.#meters.set(name, (meter = new NodeMeter()))
    const cpuSeconds = meter.read(pods.flatMap(({ containers }) => containers))
    return { node, pods, cpuSeconds, nowMs: this.#options.clock.now() }
  }
}
