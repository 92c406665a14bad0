import { notFound } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { ServerContext } from '../context.ts'
import { decode, groupResourceOf, keyOfRequest, storagePathOf } from './meta.ts'
import { atLeastRevision } from './resource-version.ts'

/** GET …/{plural}/{name} */
export async function get(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  const { kind, options } = request
  await atLeastRevision(options.resourceVersion, context)
  return decode(kind, current(request, context))
}

/** The stored object that a request names, or 404. */
export function current(request: ApiRequest, { store }: ServerContext): ApiObject {
  const key = keyOfRequest(request)
  const stored = store.get(storagePathOf(request.kind), key)
  if (stored === undefined) throw notFound(groupResourceOf(request.kind), key.name)
  return stored
}
