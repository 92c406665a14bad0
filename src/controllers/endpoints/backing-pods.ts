import { Pod } from '../../api/kinds/core/pod.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { printKey, type Key, keyOf } from '../../api/object.ts'
import { DONE, type Outcome, requeueAfter, type Source, watches } from '../../client/controller.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { Pace } from './pace.ts'
import { changesEndpoints } from './pod-changes.ts'
import { ServiceSelectors } from './service-selectors.ts'
import { TriggerTimes } from './trigger-times.ts'

/** The pods behind a Service, and when the first of what has changed about them did. */
export interface Backing {
  readonly pods: readonly Pod[]
  readonly triggerTime: string | undefined
}

/**
 * What whoever writes endpoints has to know first: which Services a change concerns, which pods are behind them, and
 * whether it is time to write already.
 */
export class BackingPods {
  readonly sources: readonly Source[]
  readonly #selectors: ServiceSelectors
  readonly #times = new TriggerTimes()
  readonly #pace: Pace

  constructor({ informers, clock }: Pick<ClusterOptions, 'informers' | 'clock'>) {
    this.#selectors = new ServiceSelectors(informers)
    this.#pace = new Pace(clock)
    this.sources = [
      watches(Service),
      {
        kind: Pod,
        keys: (pod, old) =>
          changesEndpoints(pod as Pod, old as Pod | undefined) ? this.#selectors.servicesOf(pod, old) : [],
      },
    ]
  }

  start(): void {
    this.#selectors.start()
  }

  /** The pods behind a Service; what to do instead where it selects none, or it is too early. */
  of(service: Service): Backing | { readonly instead: Outcome } {
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return { instead: DONE }
    const key = printKey(keyOf(service))
    const waitMs = this.#pace.waitMs(key)
    if (waitMs > 0) return { instead: requeueAfter(waitMs) }
    const pods = this.#selectors.podsOf(service)
    this.#pace.note(key, pods.length)
    return { pods, triggerTime: this.#times.next(key, service, pods) }
  }

  /** The Service is gone. */
  forget(key: Key): void {
    this.#times.forget(printKey(key))
    this.#pace.forget(printKey(key))
  }
}
