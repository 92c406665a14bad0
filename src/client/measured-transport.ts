import { StatusError } from '../api/errors.ts'
import type { ApiRequest, Transport, Watch, WatchHandler, WatchRequest } from '../api/request.ts'
import type { Clock } from '../world/clock.ts'

/** Told of requests that were answered, for who counts them. */
export interface RequestObserver {
  answered(request: { readonly method: HttpMethod; readonly code: number; readonly tookMs: number }): void
}

/** How a request would have been sent. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const METHODS: Readonly<Record<ApiRequest['verb'], HttpMethod>> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}

/** What is answered when nothing went wrong. */
const OK = 200
const CREATED = 201

/** Calls in process, counted as a client's requests are. */
export class MeasuredTransport implements Transport {
  readonly #transport: Transport
  readonly #clock: Pick<Clock, 'now'>
  readonly #observer: RequestObserver

  constructor(transport: Transport, { clock, observer }: { clock: Pick<Clock, 'now'>; observer: RequestObserver }) {
    this.#transport = transport
    this.#clock = clock
    this.#observer = observer
  }

  /** The promise of the other transport itself: being counted delays nobody. */
  send(request: ApiRequest): Promise<unknown> {
    const startMs = this.#clock.now()
    const answer = this.#transport.send(request)
    const answered = (code: number): void => {
      this.#observer.answered({ method: METHODS[request.verb], code, tookMs: this.#clock.now() - startMs })
    }
    answer.then(
      () => answered(request.verb === 'create' ? CREATED : OK),
      (error: unknown) => {
        // What is no Status never came from the server.
        if (error instanceof StatusError) answered(error.code)
      },
    )
    return answer
  }

  /** Counted when it is open. */
  watch(request: WatchRequest, handler: WatchHandler): Watch {
    const watch = this.#transport.watch(request, handler)
    this.#observer.answered({ method: 'GET', code: OK, tookMs: 0 })
    return watch
  }
}
