import type { Kind } from './kind.ts'
import type { ApiObject } from './object.ts'

/** Who asks. `extra` carries what an authenticator adds, such as the pod that a token is bound to. */
export interface UserInfo {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export type RequestVerb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml'

/** Query parameters and DeleteOptions, as one shape. */
export interface RequestOptions {
  readonly dryRun?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  readonly force?: boolean
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Only for metrics of objects: conditions on the metric's own labels. */
  readonly metricLabelSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  /** Only for watches: a list that has it is refused. */
  readonly sendInitialEvents?: boolean
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

/** One call of the API, after its path, query and body were read. HTTP requests and in-process calls both become this. */
export interface ApiRequest {
  readonly verb: RequestVerb
  readonly kind: Kind
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
  /** The decoded object, or the patch document. */
  readonly body?: unknown
  readonly patchType?: PatchType | undefined
  readonly options: RequestOptions
  readonly user: UserInfo
  /** True for calls from our own process: the types have already vouched for the body's shape. */
  readonly trusted?: boolean
  /** The query as it came: options that only one subresource knows, such as `tailLines`. */
  readonly query?: URLSearchParams
  /** Keys that stood twice in the body's text, as strict validation words them. */
  readonly duplicates?: readonly string[]
  /** Told when an update or an apply comes to create its object; refuses that by throwing. */
  creates?(): void
  /** Collects `Warning:` headers. */
  readonly warn?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal
}

export interface WatchRequest {
  readonly kind: Kind
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Absent or `0`: starts with ADDED events for what exists. */
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'NotOlderThan'
  readonly allowWatchBookmarks?: boolean
  /** Watch-list: the present state first, then a bookmark that marks its end. */
  readonly sendInitialEvents?: boolean
  readonly user: UserInfo
}

export interface WatchEvent<T extends ApiObject = ApiObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

/** Called in order, synchronously with the store: it must not wait, and writes only later. */
export interface WatchHandler<T extends ApiObject = ApiObject> {
  event(event: WatchEvent<T>): void
  /** The watch is over: with an error (410 Gone, a lost connection), or because it was stopped. */
  closed(error?: Error): void
}

export interface Watch {
  stop(): void
}

/** What carries calls to an API server: our own, in process, or any cluster's, over HTTP. Failures are StatusErrors. */
export interface Transport {
  send(request: ApiRequest): Promise<unknown>
  watch(request: WatchRequest, handler: WatchHandler): Watch
}
