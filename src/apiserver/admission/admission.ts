import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { RequestOptions, UserInfo } from '../../api/request.ts'
import type { Scheme } from '../../api/scheme.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'

/** A write on its way in: what admission plugins look at. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: Kind
  readonly namespace?: string | undefined
  readonly name: string
  readonly subresource?: string | undefined
  /** The object as it would be stored; absent for DELETE. */
  readonly object?: ApiObject
  readonly old?: ApiObject
  readonly user: UserInfo
  readonly options: RequestOptions
  readonly warn?: ((text: string) => void) | undefined
}

export interface AdmissionContext {
  readonly store: Store
  readonly scheme: Scheme
  readonly clock: Clock
}

/**
 * A rule about writes. `admit` may change the object (all plugins' `admit` run first, in order), `validate` may only
 * refuse, by throwing a StatusError. Plugins see the store, not a client: what they read is what the write will meet.
 */
export interface AdmissionPlugin {
  readonly name: string
  admit?(request: AdmissionRequest, context: AdmissionContext): ApiObject | undefined
  validate?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>
}

type Mutating = AdmissionPlugin & Required<Pick<AdmissionPlugin, 'admit'>>
type Validating = AdmissionPlugin & Required<Pick<AdmissionPlugin, 'validate'>>

export class Admission {
  readonly #mutating: readonly Mutating[]
  readonly #validating: readonly Validating[]
  readonly #context: AdmissionContext

  constructor(plugins: readonly AdmissionPlugin[], context: AdmissionContext) {
    this.#mutating = plugins.filter((plugin): plugin is Mutating => plugin.admit !== undefined)
    this.#validating = plugins.filter((plugin): plugin is Validating => plugin.validate !== undefined)
    this.#context = context
  }

  /** Runs the mutating halves; returns the same reference when nothing was changed. */
  admit<T extends ApiObject>(request: AdmissionRequest & { readonly object: T }): T {
    let current = request
    for (const plugin of this.#mutating) {
      const object = plugin.admit(current, this.#context) as T | undefined
      if (object !== undefined && object !== current.object) current = { ...current, object }
    }
    return current.object
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#validating) {
      const waiting = plugin.validate(request, this.#context)
      if (waiting !== undefined) await waiting
    }
  }
}
