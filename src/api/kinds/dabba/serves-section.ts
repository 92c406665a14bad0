import type { GrpcStatus } from '../../../base/grpc.ts'

/**
 * What the container answers on the network. Without this section a container with ports or probes answers every
 * request there with 200 and a line of text that names the pod and the path.
 *
 * All that is drawn (latency, errors, shares of calls) comes from the container's own dice, all that takes time from the
 * world's clock. `…percent` may have decimals here: `0.1` is one request in a thousand.
 */
export interface ServesSection {
  /** Where it listens, from `start.startedAfter` until it ends. Default: its container ports and those that its probes ask. An empty list: nowhere. */
  readonly ports?: readonly ServedPort[]
  /**
   * The first that fits the request answers it. What none fits is answered with 404, or 405 where only the method does
   * not fit. Default: one path for everything.
   */
  readonly paths?: readonly ServedPath[]
  /** How many requests one container works on at once. Default: any number. */
  readonly concurrency?: number
  /** How many more wait for their turn; those beyond are answered with 503 at once. Default 0. */
  readonly queue?: number
}

export interface ServedPort {
  readonly port: number
  /**
   * `TCP` takes connections and never says a word. `GRPC` speaks HTTP/2, and says in health checks that it serves. `HTTPS`
   * is one by name: nothing is encrypted in the cluster, and the host does not reach it. Default `HTTP`.
   */
  readonly protocol?: 'HTTP' | 'HTTPS' | 'GRPC' | 'TCP'
}

export interface ServedPath {
  /** Default `/`. */
  readonly path?: string
  /** As in an Ingress: `Prefix` goes by whole elements. `Glob` has `*` and `?`. Default `Prefix`. */
  readonly pathType?: 'Exact' | 'Prefix' | 'Glob'
  /** Default: any. */
  readonly methods?: readonly string[]
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * `$(NAME)` is replaced as in a log line; besides, `request.method`, `request.path`, `request.host` and
   * `request.header:NAME`; `count` counts the requests of this run.
   */
  readonly body?: string
  /** Answers with what was asked, and who was asked, as JSON. Not with `body`. */
  readonly echo?: boolean
  /** How calls of gRPC are answered, on any port; without it with `OK` and one message that is empty. */
  readonly grpc?: ServedGrpc
  /** Its own work; the time of its calls comes on top. Default: none. */
  readonly latency?: Latency
  /** Shares of the requests that go wrong. Such a request makes no calls. */
  readonly errors?: readonly ServedError[]
  /** What it asks of others before it answers. */
  readonly calls?: readonly ServedCall[]
  /** All calls at once, and not one after the other. */
  readonly callsInParallel?: boolean
  /** Headers of the request that calls carry on, beside those of tracing. */
  readonly propagateHeaders?: readonly string[]
}

/** A method is a path: `/shop.Cart/AddItem`. Calls are answered once they are whole; streams of a client are not read before. */
export interface ServedGrpc {
  /** Default `OK`. Any other comes without a message. */
  readonly status?: GrpcStatus
  /** Of the status; `$(NAME)` is replaced as in `body`. */
  readonly message?: string
  /** The bytes of the message that is answered, in base64. Default: none, which is a message of defaults. */
  readonly reply?: string
  /** How often the message is sent, as a server does that streams. Default 1. */
  readonly replies?: number
  /** Answers with the messages that were sent. Not with `reply`. */
  readonly echo?: boolean
}

/** Exactly one of these. */
export interface Latency {
  readonly fixed?: string
  readonly uniform?: { readonly min: string; readonly max: string }
  /** Never below zero. */
  readonly normal?: Percentiles
  readonly logNormal?: Percentiles
}

export interface Percentiles {
  readonly p50: string
  readonly p99: string
}

/** Has one of status, grpcStatus and fault. Shares are of all requests of the path, in the order of the list, and add up to 100 at most. */
export interface ServedError {
  readonly percent: number
  readonly status?: number
  /** For calls of gRPC; all others get 500. */
  readonly grpcStatus?: GrpcStatus
  /** Of a `grpcStatus`: its message. */
  readonly body?: string
  /**
   * `Reset` breaks the connection off, `Hang` never answers, `Trickle` sends its body byte by byte, one a second,
   * `Endless` sends on and on, and `Garbage` answers with bytes that are no HTTP.
   */
  readonly fault?: 'Reset' | 'Hang' | 'Trickle' | 'Endless' | 'Garbage'
  /** Only from then on, since the start of the run. Default `0s`. */
  readonly from?: string
  /** Only until then. */
  readonly until?: string
}

/**
 * A request to another service. It fails when there is no connection, when its time is over, and when the answer's
 * status is 500 or above, or in gRPC another than `OK`.
 */
export interface ServedCall {
  /**
   * As the pod would write it: `http://payments/charge`, `http://cart.shop:8080`. With `grpc://cart/shop.Cart/Get` it is a
   * call of gRPC, with a message that is empty or the bytes of `body`.
   */
  readonly url: string
  /** Default `GET`. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The share of requests that make this call. Default 100. */
  readonly percent?: number
  /** Default `30s`. */
  readonly timeout?: string
  /** `Fail` answers with 502 and makes no further calls; `Ignore` goes on as if it had succeeded. Default `Fail`. */
  readonly onFailure?: 'Fail' | 'Ignore'
}
