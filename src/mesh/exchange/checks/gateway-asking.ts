import type { ChainAction } from '../../proxy/filter-chain.ts'
import type { CompiledRoute } from '../../route/compiled-route.ts'
import type { HeaderList } from '../../route/header-list.ts'
import type { RoutedRequest } from '../routed-request.ts'
import type { AskingHappened } from '../hop.ts'
import { type AskedCall, type AskedRequest, Asking, type AskingOutcome } from './asking.ts'

type HttpAction = Extract<ChainAction, { kind: 'http' }>

/**
 * Asks at a gateway. Where a request goes is settled before anybody is asked about it, and nobody is about one that leads
 * nowhere. Rules: envoyproxy/envoy source/extensions/filters/http/ext_authz/ext_authz.cc.
 */
export class GatewayAsking {
  readonly #action: HttpAction
  readonly #asking: Asking
  #route: CompiledRoute | undefined

  constructor(action: HttpAction, call: Omit<AskedCall, 'request'>, request: Omit<AskedRequest, 'isRouted'>) {
    this.#action = action
    const isRouted = (routed: RoutedRequest): boolean => this.#isRouted(routed)
    this.#asking = new Asking({ ...call, request: { ...request, isRouted } })
  }

  get routed(): Asking['routed'] {
    return this.#asking.routed
  }

  /** Headers of the answer as those who were asked want them. */
  answered(headers: HeaderList): HeaderList {
    return this.#asking.answered(headers)
  }

  start(now: number): AskingOutcome {
    return this.#asking.start(now)
  }

  on(happened: AskingHappened, now: number): AskingOutcome {
    return this.#asking.on(happened, now)
  }

  drop(now: number): void {
    this.#asking.drop(now)
  }

  /** Undefined: it is to be looked for, since what was changed is to count, or a token has been read. */
  keptRoute({ claims }: RoutedRequest): CompiledRoute | undefined {
    return this.#asking.clearsRoute || claims !== undefined ? undefined : this.#route
  }

  #isRouted(routed: RoutedRequest): boolean {
    const virtualHost = this.#action.virtualHost(routed.authority)
    const isRedirected = virtualHost?.requiresTls === true && routed.scheme === 'http'
    this.#route = this.keptRoute(routed) ?? virtualHost?.find(routed)
    return isRedirected || this.#route !== undefined
  }
}
