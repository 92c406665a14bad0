import { Pod } from '../../api/kinds/core/pod.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { type ApiObject, keyOf, printKey } from '../../api/object.ts'
import type { Informers } from '../../client/informers.ts'

/**
 * Which Services select which pods, without comparing all with all: a Service is filed under one label that it asks
 * for, a pod under each label that it has.
 *
 *   services:  "bazaar app=web" -> { bazaar/web }        pods: "bazaar app=web" -> { web-1, web-2 }
 */
export class ServiceSelectors {
  readonly #informers: Informers

  constructor(informers: Informers) {
    this.#informers = informers
  }

  start(): void {
    this.#informers.of(Service).addIndex('selector', (service) => {
      const [first] = Object.entries(service.spec.selector ?? {})
      return first === undefined ? [] : [labelKey(service.metadata.namespace, first)]
    })
    this.#informers.of(Pod).addIndex('label', (pod) => labelKeys(pod))
  }

  /** Keys of the Services that select a pod, or did before it changed. */
  servicesOf(pod: ApiObject, old?: ApiObject): Iterable<string> {
    const keys = new Set<string>()
    for (const object of old === undefined || old.metadata.labels === pod.metadata.labels ? [pod] : [pod, old]) {
      for (const label of labelKeys(object)) {
        for (const service of this.#informers.of(Service).byIndex('selector', label)) {
          if (selects(service, object)) keys.add(printKey(keyOf(service)))
        }
      }
    }
    return keys
  }

  podsOf(service: Service): readonly Pod[] {
    const [first] = Object.entries(service.spec.selector ?? {})
    const { namespace } = service.metadata
    // An empty selector selects nothing here: such Services have endpoints that somebody else writes.
    if (first === undefined) return []
    return this.#informers
      .of(Pod)
      .byIndex('label', labelKey(namespace, first))
      .filter((pod) => selects(service, pod))
  }
}

function selects(service: Service, { metadata: { labels } }: ApiObject): boolean {
  return Object.entries(service.spec.selector ?? {}).every(([name, value]) => labels?.[name] === value)
}

function labelKeys({ metadata: { namespace, labels } }: ApiObject): readonly string[] {
  return Object.entries(labels ?? {}).map((label) => labelKey(namespace, label))
}

function labelKey(namespace: string | undefined, [name, value]: readonly [string, string]): string {
  return `${namespace ?? ''} ${name}=${value}`
}
