import { methodNotSupported, StatusError } from '../api/errors.ts'
import { VERBS } from '../api/kind.ts'
import type { ApiObject } from '../api/object.ts'
import type { ApiRequest, Transport, Watch, WatchHandler, WatchRequest } from '../api/request.ts'
import type { ServerContext, SubresourceHandler } from './context.ts'
import { bodyOf } from './rest/body.ts'
import { create } from './rest/create.ts'
import { remove, removeCollection } from './rest/delete.ts'
import { get } from './rest/get.ts'
import { list } from './rest/list.ts'
import { groupResourceOf } from './rest/meta.ts'
import { patch } from './rest/patch.ts'
import { update } from './rest/update.ts'
import { watch } from './rest/watch.ts'

/** The REST semantics of the API over one store, without HTTP: what every call comes to, from outside or from within. */
export class ApiServer implements Transport {
  readonly context: ServerContext

  constructor(context: ServerContext) {
    this.context = context
  }

  async send(request: ApiRequest): Promise<unknown> {
    const { kind, verb, subresource } = request
    if (subresource !== undefined) return this.#subresource(request, subresource)
    if (!(kind.verbs ?? VERBS).includes(verb)) throw methodNotSupported(groupResourceOf(kind), verb)
    const review = this.#handlerOf(request, undefined)
    if (review !== undefined) return review(shaped(request), this.context)
    switch (verb) {
      case 'get':
        return get(request, this.context)
      case 'list':
        return list(request, this.context)
      case 'create':
        return create(request, this.context)
      case 'update':
        return update(request, this.context)
      case 'patch':
        return patch(request, this.context)
      case 'delete':
        return remove(request, this.context)
      case 'deletecollection':
        return removeCollection(request, this.context)
    }
  }

  watch(request: WatchRequest, handler: WatchHandler): Watch {
    return watch(request, handler, this.context)
  }

  async #subresource(request: ApiRequest, subresource: string): Promise<unknown> {
    const { kind, verb } = request
    const declared = kind.subresources?.find(({ name }) => name === subresource)
    if (declared === undefined) {
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
    }
    if (!(declared.verbs as readonly string[]).includes(verb)) throw methodNotSupported(groupResourceOf(kind), verb)
    const handler = this.#handlerOf(request, subresource)
    if (handler !== undefined) {
      const call = shaped(request)
      if (verb === 'create' && call.body !== undefined) this.#admitCreation(call)
      return handler(call, this.context)
    }
    if (verb === 'get') return get(request, this.context)
    if (verb === 'patch') return patch(request, this.context)
    return update(request, this.context)
  }

  /** What is created below an object is admitted as objects are: an eviction, a binding, a token. */
  #admitCreation({ kind, namespace, name = '', subresource, body, user, options, warn }: ApiRequest): void {
    const about = { operation: 'CREATE', kind, namespace, name, subresource, user, options } as const
    this.context.admission.admit({ ...about, object: body as ApiObject, ...(warn === undefined ? {} : { warn }) })
  }

  /** A handler of its own for this kind, the one for all kinds, or that of the group; `/status` needs none. */
  #handlerOf({ kind }: ApiRequest, subresource: string | undefined): SubresourceHandler | undefined {
    const { subresources } = this.context
    const resource = kind.group === '' ? kind.plural : `${kind.group}/${kind.plural}`
    const own =
      subresource === undefined
        ? subresources.get(resource)
        : (subresources.get(`${resource}/${subresource}`) ?? subresources.get(`*/${subresource}`))
    return own ?? subresources.get(`${kind.group}/*`)
  }
}

/** Handlers get bodies of the shape that they expect. */
function shaped(request: ApiRequest): ApiRequest {
  const hasObject = request.verb === 'create' || request.verb === 'update'
  return hasObject && request.body !== undefined ? { ...request, body: bodyOf(request) } : request
}
