import type { Kind } from '../../api/kind.ts'
import { Endpoints } from '../../api/kinds/core/endpoints.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { type Key, keyOf, type ObjectMeta, printKey } from '../../api/object.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { BackingPods } from './backing-pods.ts'
import { HEADLESS_LABEL } from './endpoint-slice-controller.ts'
import { subsetsOf, truncated } from './plan-endpoints.ts'
import { TRIGGER_TIME } from './trigger-times.ts'

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by'
const MANAGER = 'endpoint-controller'
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
export const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'

/** Keeps the Endpoints of every Service that selects pods, for those who do not read EndpointSlices yet. */
export class EndpointsController implements Controller {
  readonly name = 'endpoints'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #backing: BackingPods

  constructor({ client, informers, clock }: Pick<ClusterOptions, 'client' | 'informers' | 'clock'>) {
    this.#client = client
    this.#informers = informers
    this.#backing = new BackingPods({ informers, clock })
    this.sources = this.#backing.sources
  }

  async start({ informers, enqueue, signal }: ControllerContext): Promise<void> {
    this.#backing.start()
    const endpoints = informers.of(Endpoints)
    await informers.synced()
    // Endpoints whose Service went while nobody looked; those of leader elections never had one.
    for (const left of endpoints.values()) {
      if (left.metadata.annotations?.[LEADER_ANNOTATION] === undefined) enqueue(printKey(keyOf(left)))
    }
    const off = endpoints.handle({ deleted: (gone) => enqueue(printKey(keyOf(gone))) })
    signal.addEventListener('abort', off, { once: true })
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.#informers.of(Service).get(key)
    const present = this.#informers.of(Endpoints).get(key)
    if (service === undefined) {
      this.#backing.forget(key)
      if (present === undefined) return DONE
      return retryLostRace(() => this.#client.delete(Endpoints as unknown as Kind, key))
    }
    const backing = this.#backing.of(service)
    if ('instead' in backing) return backing.instead
    const { pods, triggerTime } = backing
    const subsets = subsetsOf(service, pods)
    const cut = truncated(subsets)
    const labels = labelsFor(service)
    const isOver = cut !== subsets
    if (present !== undefined && isRight(present, { subsets: cut, labels, isOver })) return DONE
    const { name, namespace } = service.metadata
    const fresh: ObjectMeta = { name, ...(namespace === undefined ? {} : { namespace }) }
    const { annotations: _, ...metadata } = present?.metadata ?? fresh
    const annotations = annotationsOf(present, { triggerTime, isOver })
    const wanted = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...metadata, labels, ...(annotations === undefined ? {} : { annotations }) },
      ...(cut.length === 0 ? {} : { subsets: cut }),
    } as Endpoints
    return retryLostRace(async () => {
      await (present === undefined ? this.#client.create(wanted) : this.#client.update(wanted))
    })
  }
}

function isRight(
  { metadata, subsets = [] }: Endpoints,
  wanted: { subsets: Endpoints['subsets']; labels: Readonly<Record<string, string>>; isOver: boolean },
): boolean {
  return (
    deepEqual(subsets, wanted.subsets) &&
    deepEqual(metadata.labels ?? {}, wanted.labels) &&
    (metadata.annotations?.[OVER_CAPACITY] !== undefined) === wanted.isOver
  )
}

function labelsFor({ metadata, spec }: Service): Readonly<Record<string, string>> {
  const { clusterIP = '' } = spec
  const { [HEADLESS_LABEL]: _, ...labels } = metadata.labels ?? {}
  return {
    ...labels,
    [MANAGED_BY_LABEL]: MANAGER,
    ...(clusterIP === '' || clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
  }
}

function annotationsOf(
  present: Endpoints | undefined,
  { triggerTime, isOver }: { triggerTime: string | undefined; isOver: boolean },
): Readonly<Record<string, string>> | undefined {
  const { [TRIGGER_TIME]: _time, [OVER_CAPACITY]: _over, ...others } = present?.metadata.annotations ?? {}
  const annotations = {
    ...others,
    ...(triggerTime === undefined ? {} : { [TRIGGER_TIME]: triggerTime }),
    ...(isOver ? { [OVER_CAPACITY]: 'truncated' } : {}),
  }
  return Object.keys(annotations).length === 0 ? undefined : annotations
}
