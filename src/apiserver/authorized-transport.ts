import type { StatusError } from '../api/errors.ts'
import { apiVersionOf, type Kind } from '../api/kind.ts'
import type { ApiRequest, Transport, UserInfo, Watch, WatchHandler, WatchRequest } from '../api/request.ts'
import type { Clock } from '../world/clock.ts'
import type { Authorizer } from './http/authentication.ts'
import { authorize } from './http/authorization.ts'

export interface AuthorizedTransportOptions {
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly clock: Pick<Clock, 'schedule'>
  /** Told of what was refused. */
  onRefused(error: StatusError): void
}

/** Calls in process that may do only what their user may: for programs that run in pods, under service accounts. */
export class AuthorizedTransport implements Transport {
  readonly #options: AuthorizedTransportOptions

  constructor(options: AuthorizedTransportOptions) {
    this.#options = options
  }

  async send(request: ApiRequest): Promise<unknown> {
    this.#check(request.user, request.verb, request)
    return this.#options.transport.send(request)
  }

  watch(request: WatchRequest, handler: WatchHandler): Watch {
    try {
      this.#check(request.user, 'watch', request)
    } catch (error) {
      const timer = this.#options.clock.schedule(0, () => handler.closed(error as StatusError))
      return { stop: () => timer.cancel() }
    }
    return this.#options.transport.watch(request, handler)
  }

  #check(user: UserInfo, verb: string, { kind, namespace, name, subresource }: Asked): void {
    try {
      const { group, version, plural } = kind
      const resource = { group, version, plural, subresource, namespace, name }
      authorize(this.#options.authorizer, { user, verb, resource, path: `/apis/${apiVersionOf(kind)}/${plural}` })
    } catch (error) {
      this.#options.onRefused(error as StatusError)
      throw error
    }
  }
}

interface Asked {
  readonly kind: Kind
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}
