import type { WorkloadModel } from '../../../api/kinds/dabba/workload-model.ts'
import { WorkloadModels } from '../../../api/kinds/dabba/workload-models.ts'
import type { Kind } from '../../../api/kind.ts'
import type { Scheme } from '../../../api/scheme.ts'
import type { Informers } from '../../../client/informers.ts'

const API_VERSION = 'dabba.dev/v1alpha1'
const KIND = 'WorkloadModel'

/** The WorkloadModels of the cluster, compiled anew after each change of one. There are none before their kind is served. */
export class WatchedModels {
  readonly #scheme: Scheme
  readonly #informers: Informers
  #kind: Kind<WorkloadModel> | undefined
  #current: WorkloadModels | undefined

  constructor(scheme: Scheme, informers: Informers) {
    this.#scheme = scheme
    this.#informers = informers
    this.#watch()
    if (this.#kind === undefined) scheme.onChange(() => this.#watch())
  }

  current(): WorkloadModels {
    if (this.#current === undefined) {
      const models = this.#kind === undefined ? [] : this.#informers.of(this.#kind).values()
      this.#current = new WorkloadModels(models)
    }
    return this.#current
  }

  #watch(): void {
    if (this.#kind !== undefined) return
    const kind = this.#scheme.byKind(API_VERSION, KIND)
    if (kind === undefined) return
    this.#kind = kind as unknown as Kind<WorkloadModel>
    const changed = (): void => {
      this.#current = undefined
    }
    this.#informers.of(this.#kind).handle({ added: changed, updated: changed, deleted: changed })
  }
}
