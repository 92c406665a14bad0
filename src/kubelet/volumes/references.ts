import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Secret } from '../../api/kinds/core/secret.ts'
import { Service } from '../../api/kinds/core/service.ts'
import type { ApiObject } from '../../api/object.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'

/** Somebody who waits for objects of a namespace. */
export interface Waiter {
  referencesChanged(): void
}

const NAMESPACE_INDEX = 'namespace'

/** The objects that pods refer to. */
export class References {
  readonly #secrets: Informer<Secret>
  readonly #configMaps: Informer<ConfigMap>
  readonly #claims: Informer<PersistentVolumeClaim>
  readonly #services: Informer<Service>
  /** By namespace; told once, at the next change. */
  readonly #waiters = new Map<string, Set<Waiter>>()

  constructor(informers: Informers) {
    this.#secrets = informers.of(Secret)
    this.#configMaps = informers.of(ConfigMap)
    this.#claims = informers.of(PersistentVolumeClaim)
    this.#services = informers.of(Service)
    this.#services.addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    for (const informer of [this.#secrets, this.#configMaps, this.#claims] as readonly Informer<ApiObject>[]) {
      const tell = ({ metadata }: ApiObject): void => this.#tell(metadata.namespace ?? '')
      informer.handle({ added: tell, updated: tell })
    }
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#secrets.get({ namespace, name })
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#configMaps.get({ namespace, name })
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get({ namespace, name })
  }

  services(namespace: string): readonly Service[] {
    return this.#services.byIndex(NAMESPACE_INDEX, namespace)
  }

  /** Tells `waiter` once of the next change of what a pod of this namespace may refer to. */
  whenChanged(namespace: string, waiter: Waiter): void {
    let waiters = this.#waiters.get(namespace)
    if (waiters === undefined) this.#waiters.set(namespace, (waiters = new Set()))
    waiters.add(waiter)
  }

  forget(namespace: string, waiter: Waiter): void {
    this.#waiters.get(namespace)?.delete(waiter)
  }

  #tell(namespace: string): void {
    const waiters = this.#waiters.get(namespace)
    if (waiters === undefined) return
    this.#waiters.delete(namespace)
    for (const waiter of waiters) waiter.referencesChanged()
  }
}
