import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { hasSidecar, isGateway, type MeshPod } from '../registry/pod-workload.ts'
import type { Workload } from '../registry/workload.ts'

/**
 * Before whose addresses a proxy stands: kept as pods come and go, so that nothing is compiled for the traffic of those who
 * have none.
 */
export class ProxiedAddresses {
  readonly #byAddress = new Map<string, Workload['type']>()
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

  #relabelled({ metadata }: Namespace): void {
    for (const pod of this.#pods.values()) if (pod.metadata.namespace === metadata.name) this.#add(pod)
  }

  #add(pod: Pod): void {
    const address = pod.status?.podIP ?? ''
    if (address === '') return
    const { phase } = pod.status ?? {}
    const meshPod = pod as MeshPod
    const labels = this.#namespaces.get({ name: pod.metadata.namespace ?? '' })?.metadata.labels ?? {}
    const isOver = phase === 'Succeeded' || phase === 'Failed'
    if (!isOver && isGateway(meshPod)) this.#byAddress.set(address, 'gateway')
    else if (!isOver && hasSidecar(meshPod, labels)) this.#byAddress.set(address, 'sidecar')
    else this.#byAddress.delete(address)
  }

  #remove({ status }: Pod): void {
    if (status?.podIP !== undefined) this.#byAddress.delete(status.podIP)
  }
}
