import { Node } from '../../../api/kinds/core/node.ts'
import { compareText } from '../../../base/compare-text.ts'
import type { Informer } from '../../../client/informer.ts'
import type { Informers } from '../../../client/informers.ts'
import { textResponse, type WebHandler } from '../../../world/web.ts'
import { EXPOSITION_TYPE, type MetricFamily, printFamilies } from '../../instrument/metric-families.ts'

/** A part of the control plane that tells of itself. */
export interface ExportedComponent {
  /** Where it is asked, as on a machine of a control plane. */
  readonly port: number
  families(): readonly MetricFamily[]
}

export interface ComponentExportersOptions {
  readonly informers: Informers
  readonly components: readonly ExportedComponent[]
  listen(listening: {
    readonly ip: string
    readonly port: number
    readonly scheme: 'https'
    readonly handler: WebHandler
  }): () => void
  onError(error: Error): void
}

/** kubernetes/kubernetes pkg/cluster/ports/ports.go, and component-base's for the scheduler. */
export const CONTROLLER_MANAGER_PORT = 10_257
export const SCHEDULER_PORT = 10_259

/**
 * The metrics of the control plane's parts at the address of one node, as where one node is the control plane: the oldest,
 * and the first by name among those of one second. Rules that sum over nodes would count more than one of them twice.
 */
export class ComponentExporters {
  readonly #options: ComponentExportersOptions
  readonly #nodes: Informer<Node>
  #chosen: Node | undefined
  #ip: string | undefined
  #close: (() => void)[] = []

  constructor(options: ComponentExportersOptions) {
    this.#options = options
    this.#nodes = options.informers.of(Node)
    this.#nodes.handle({
      added: (node) => this.#seen(node),
      updated: (node) => this.#seen(node),
      deleted: (node) => this.#gone(node),
    })
  }

  #seen(node: Node): void {
    if (this.#chosen !== undefined && compareNodes(node, this.#chosen) > 0) return
    this.#chosen = node
    this.#moveTo(node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address)
  }

  #gone({ metadata }: Node): void {
    if (this.#chosen?.metadata.name !== metadata.name) return
    this.#chosen = undefined
    this.#moveTo(undefined)
    for (const node of this.#nodes.values()) this.#seen(node)
  }

  #moveTo(ip: string | undefined): void {
    if (ip === this.#ip) return
    for (const close of this.#close.splice(0)) close()
    this.#ip = ip
    if (ip === undefined) return
    for (const component of this.#options.components) this.#listen(ip, component)
  }

  #listen(ip: string, { port, families }: ExportedComponent): void {
    const handler: WebHandler = ({ path }) => {
      if (path === '/healthz' || path === '/livez' || path === '/readyz')
        return Promise.resolve(textResponse(200, 'ok'))
      if (path !== '/metrics') return Promise.resolve(textResponse(404, '404 page not found\n'))
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': EXPOSITION_TYPE },
        body: printFamilies(families()),
      })
    }
    try {
      this.#close.push(this.#options.listen({ ip, port, scheme: 'https', handler }))
    } catch (error) {
      this.#options.onError(error as Error)
    }
  }
}

function compareNodes(a: Node, b: Node): number {
  const age = compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '')
  return age || compareText(a.metadata.name, b.metadata.name)
}
