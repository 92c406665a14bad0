import type { CompiledRoute } from '../route/compiled-route.ts'
import { type HeaderList, headerRecordOf } from '../route/header-list.ts'
import type { Claims, MeshRequest } from '../route/request.ts'
import { withOperation } from './route-operation.ts'
import type { IncomingRequest } from './steps.ts'

/** A request as routes and policies see it. Its headers become a record only when one of them asks. */
export class RoutedRequest implements MeshRequest {
  readonly method: string
  readonly scheme: string
  readonly authority: string
  readonly path: string
  query: string | undefined
  claims: Claims | undefined
  clientAddress: string | undefined
  /** Whether the proxy has a span of its own for it. */
  isTraced = false
  #list: HeaderList
  #record: Readonly<Record<string, string>> | undefined

  constructor(
    request: IncomingRequest,
    as: { readonly scheme: string; readonly target: string; readonly headers: HeaderList },
  ) {
    this.method = request.method
    this.scheme = as.scheme
    this.authority = request.authority
    const question = as.target.indexOf('?')
    this.path = question < 0 ? as.target : as.target.slice(0, question)
    this.query = question < 0 ? undefined : as.target.slice(question + 1)
    this.#list = as.headers
  }

  get headers(): Readonly<Record<string, string>> {
    this.#record ??= headerRecordOf(this.#list)
    return this.#record
  }

  /** Path and query, as they are now. */
  get target(): string {
    return this.query === undefined ? this.path : `${this.path}?${this.query}`
  }

  get list(): HeaderList {
    return this.#list
  }

  /** Its headers: where it is traced, with what the route is called, which the called side's proxy calls it by too. */
  calledBy(route: CompiledRoute, port: number): HeaderList {
    if (this.isTraced) this.list = withOperation(this.#list, route, port)
    return this.#list
  }

  set list(headers: HeaderList) {
    this.#list = headers
    this.#record = undefined
  }
}
