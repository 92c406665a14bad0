import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { hasSidecar, isGateway, type MeshPod } from '../registry/pod-workload.ts'
import type { Workload } from '../registry/workload.ts'
import { hasStatsAnnotation } from '../telemetry/stats/stats-inclusion.ts'

/** The label `app` of istiod's pods. */
const CONTROL_PLANE = 'istiod'

/**
 * Before whose addresses a proxy stands: kept as pods come and go, so that nothing is compiled for the traffic of those who
 * have none.
 */
export class ProxiedAddresses {
  readonly #byAddress = new Map<string, Workload['type']>()
  /** Of those pods that say which statistics their proxy shows. */
  readonly #annotations = new Map<string, Readonly<Record<string, string>>>()
  readonly #controlPlane = new Set<string>()
  readonly #pods: Informer<Pod>
  readonly #namespaces: Informer<Namespace>

  constructor(informers: Informers) {
    this.#pods = informers.of(Pod)
    this.#namespaces = informers.of(Namespace)
    this.#pods.handle({
      added: (pod) => this.#add(pod),
      updated: (pod, old) => {
        if (old.status?.podIP !== pod.status?.podIP) this.#remove(old)
        this.#add(pod)
      },
      deleted: (pod) => this.#remove(pod),
    })
    this.#namespaces.handle({
      added: (namespace) => this.#relabelled(namespace),
      updated: (namespace, old) => {
        if (namespace.metadata.labels !== old.metadata.labels) this.#relabelled(namespace)
      },
    })
  }

  typeAt(address: string): Workload['type'] | undefined {
    return this.#byAddress.get(address)
  }

  /** Whether it is istiod's. */
  isControlPlane(address: string): boolean {
    return this.#controlPlane.has(address)
  }

  /** What a pod says of its proxy's statistics. */
  annotationsAt(address: string): Readonly<Record<string, string>> | undefined {
    return this.#annotations.get(address)
  }

  #relabelled({ metadata }: Namespace): void {
    for (const pod of this.#pods.values()) if (pod.metadata.namespace === metadata.name) this.#add(pod)
  }

  #add(pod: Pod): void {
    const address = pod.status?.podIP ?? ''
    if (address === '') return
    const { phase } = pod.status ?? {}
    const { annotations } = pod.metadata
    if (annotations !== undefined && hasStatsAnnotation(annotations)) this.#annotations.set(address, annotations)
    else this.#annotations.delete(address)
    const meshPod = pod as MeshPod
    const labels = this.#namespaces.get({ name: pod.metadata.namespace ?? '' })?.metadata.labels ?? {}
    const isOver = phase === 'Succeeded' || phase === 'Failed'
    if (!isOver && pod.metadata.labels?.['app'] === CONTROL_PLANE) this.#controlPlane.add(address)
    else this.#controlPlane.delete(address)
    if (!isOver && isGateway(meshPod)) this.#byAddress.set(address, 'gateway')
    else if (!isOver && hasSidecar(meshPod, labels)) this.#byAddress.set(address, 'sidecar')
    else this.#byAddress.delete(address)
  }

  #remove({ status }: Pod): void {
    if (status?.podIP === undefined) return
    this.#byAddress.delete(status.podIP)
    this.#annotations.delete(status.podIP)
    this.#controlPlane.delete(status.podIP)
  }
}
