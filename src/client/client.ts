import { StatusError } from '../api/errors.ts'
import type { Kind } from '../api/kind.ts'
import { type ApiObject, controllerOf, type Key, keyOf, type ObjectList } from '../api/object.ts'
import type {
  ApiRequest,
  PatchType,
  RequestOptions,
  Transport,
  UserInfo,
  Watch,
  WatchHandler,
  WatchRequest,
} from '../api/request.ts'
import type { Scheme } from '../api/scheme.ts'

export interface ListOptions {
  readonly namespace?: string | undefined
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
}

/** Which of what is computed is wanted. */
export interface ReadOptions {
  readonly subresource?: string
  readonly labelSelector?: string
  readonly metricLabelSelector?: string
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export interface ApplyOptions {
  /** Takes fields over from whoever owns them. */
  readonly force?: boolean
  /** What becomes of fields that the kind does not know; the server warns of them unless told otherwise. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  /** Told what the server warns of. */
  warn?(text: string): void
}

export type ClientWatchOptions = Omit<WatchRequest, 'kind' | 'user'>

/**
 * How every active part reads and writes the cluster, its own or any other: the only way in. Failures are StatusErrors
 * in Kubernetes' words.
 */
export class Client {
  readonly scheme: Scheme
  readonly #transport: Transport
  readonly #user: UserInfo
  readonly #fieldManager: string
  readonly #writeOptions: RequestOptions
  readonly #trusted: boolean

  /** `trusted: false` for objects that people wrote: the server then checks their shape as it does for HTTP. */
  constructor(options: {
    transport: Transport
    scheme: Scheme
    user: UserInfo
    fieldManager: string
    trusted?: boolean
  }) {
    this.scheme = options.scheme
    this.#transport = options.transport
    this.#user = options.user
    this.#fieldManager = options.fieldManager
    this.#writeOptions = { fieldManager: options.fieldManager }
    this.#trusted = options.trusted ?? true
  }

  /** The same cluster as somebody else. */
  as(user: UserInfo, fieldManager: string = this.#fieldManager): Client {
    return new Client({ transport: this.#transport, scheme: this.scheme, user, fieldManager, trusted: this.#trusted })
  }

  /** The same client on another way to the server. */
  over(wrap: (transport: Transport) => Transport): Client {
    return new Client({
      transport: wrap(this.#transport),
      scheme: this.scheme,
      user: this.#user,
      fieldManager: this.#fieldManager,
      trusted: this.#trusted,
    })
  }

  /** The same client for objects that people wrote. */
  forManifests(fieldManager: string): Client {
    return new Client({
      transport: this.#transport,
      scheme: this.scheme,
      user: this.#user,
      fieldManager,
      trusted: false,
    })
  }

  /** `undefined` when there is none. */
  async get<T extends ApiObject>(kind: Kind<T>, key: Key): Promise<T | undefined> {
    try {
      return (await this.#send('get', kind, key)) as T
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async list<T extends ApiObject>(kind: Kind<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const { namespace, ...rest } = options
    return (await this.#send('list', kind, { namespace, name: '' }, { options: rest })) as ObjectList<T>
  }

  watch<T extends ApiObject>(kind: Kind<T>, options: ClientWatchOptions, handler: WatchHandler<T>): Watch {
    return this.#transport.watch({ ...options, kind, user: this.#user }, handler as WatchHandler)
  }

  async create<T extends ApiObject>(object: T): Promise<T> {
    return (await this.#send('create', this.kindOf(object), keyOf(object), { body: object })) as T
  }

  /** Writes what `object` says, if it is still based on the newest version: its `resourceVersion` is checked. */
  async update<T extends ApiObject>(object: T, options: { subresource?: string } = {}): Promise<T> {
    return (await this.#send('update', this.kindOf(object), keyOf(object), { ...options, body: object })) as T
  }

  /** Writes `object` with this status, and nothing else of it. */
  async updateStatus<T extends ApiObject & { readonly status?: unknown }>(object: T, status: T['status']): Promise<T> {
    return this.update({ ...object, status }, { subresource: 'status' })
  }

  async patch<T extends ApiObject>(
    kind: Kind<T>,
    key: Key,
    patch: {
      readonly type: PatchType
      readonly body: unknown
      readonly subresource?: string
    } & ApplyOptions,
  ): Promise<T> {
    const { type, body, subresource, force, fieldValidation, warn } = patch
    const options = {
      ...(force === undefined ? {} : { force }),
      ...(fieldValidation === undefined ? {} : { fieldValidation }),
    }
    return (await this.#send('patch', kind, key, { body, subresource, patchType: type, options, warn })) as T
  }

  /** A JSON merge patch: the form for changes that name only what they set. */
  mergePatch<T extends ApiObject>(kind: Kind<T>, key: Key, body: unknown, subresource?: string): Promise<T> {
    const type = 'application/merge-patch+json'
    return this.patch(kind, key, { type, body, ...(subresource === undefined ? {} : { subresource }) })
  }

  /** Server-side apply, owning what `object` says under this client's field manager. */
  apply<T extends ApiObject>(object: T, options: ApplyOptions = {}): Promise<T> {
    const kind = this.kindOf(object) as Kind<T>
    return this.patch(kind, keyOf(object), { type: 'application/apply-patch+yaml', body: object, ...options })
  }

  /** Starts the deletion; finalizers, grace and garbage collection follow. 404 when there is none. */
  async delete(kind: Kind, key: Key, options: DeleteOptions = {}): Promise<void> {
    await this.#send('delete', kind, key, { options })
  }

  async deleteCollection(kind: Kind, options: ListOptions & DeleteOptions = {}): Promise<void> {
    const { namespace, ...rest } = options
    await this.#send('deletecollection', kind, { namespace, name: '' }, { options: rest })
  }

  /** Deletes this very object: not another that has taken its name. */
  deleteObject(object: ApiObject, options: DeleteOptions = {}): Promise<void> {
    const uid = object.metadata.uid
    const preconditions = uid === undefined ? {} : { preconditions: { uid } }
    return this.delete(this.kindOf(object), keyOf(object), { ...preconditions, ...options })
  }

  /** POST to a subresource: `eviction`, `binding`, `token`. */
  createSubresource(kind: Kind, key: Key, subresource: string, body: ApiObject): Promise<unknown> {
    return this.#send('create', kind, key, { body, subresource })
  }

  /** PUT to a subresource whose body is of another kind than the object: `scale`. */
  updateSubresource(kind: Kind, key: Key, subresource: string, body: ApiObject): Promise<unknown> {
    return this.#send('update', kind, key, { body, subresource })
  }

  /** GET of a subresource: `scale`, `status`. */
  getSubresource(kind: Kind, key: Key, subresource: string): Promise<unknown> {
    return this.#send('get', kind, key, { subresource })
  }

  /** GET of what is computed when asked for, such as metrics. What is missing is told by the error, not by `undefined`. */
  read(kind: Kind, key: Key, { subresource, ...options }: ReadOptions): Promise<unknown> {
    return this.#send('get', kind, key, { subresource, options })
  }

  /** The objects of `kind` in the owner's namespace that `owner` controls. For large sets use an informer's index. */
  async owned<T extends ApiObject>(kind: Kind<T>, owner: ApiObject): Promise<readonly T[]> {
    const { items } = await this.list(kind, { namespace: owner.metadata.namespace })
    return items.filter((item) => controllerOf(item)?.uid === owner.metadata.uid)
  }

  kindOf(object: ApiObject): Kind {
    const kind = this.scheme.byKind(object.apiVersion, object.kind)
    if (kind === undefined) {
      const message = `no matches for kind "${object.kind}" in version "${object.apiVersion}"`
      throw new StatusError(404, 'NotFound', message)
    }
    return kind
  }

  #send(
    verb: ApiRequest['verb'],
    kind: Kind,
    key: Key,
    rest: {
      body?: unknown
      subresource?: string | undefined
      patchType?: PatchType
      options?: RequestOptions
      warn?: ApiRequest['warn'] | undefined
    } = {},
  ): Promise<unknown> {
    const { warn, body, subresource, patchType, options } = rest
    const isRead = verb === 'get' || verb === 'list'
    return this.#transport.send({
      verb,
      kind,
      namespace: kind.namespaced ? key.namespace : undefined,
      name: key.name === '' ? undefined : key.name,
      subresource,
      body,
      patchType,
      warn,
      options: isRead
        ? (options ?? {})
        : options === undefined
          ? this.#writeOptions
          : { ...this.#writeOptions, ...options },
      user: this.#user,
      trusted: this.#trusted,
    })
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404
}

/** Somebody else wrote first: read again and decide again. */
export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'Conflict'
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'AlreadyExists'
}

/** The reference by which `owner` controls what it creates. */
export function controllerReference(owner: ApiObject): {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: true
  readonly blockOwnerDeletion: true
} {
  const { apiVersion, kind, metadata } = owner
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }
}
