import { StatusError } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import type { ServerContext } from '../context.ts'
import { modify } from './update.ts'

/** PATCH …/{plural}/{name} */
export async function patch(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  return modify(request, context, (current) => {
    if (request.patchType === 'application/merge-patch+json') return applyMergePatch(current, request.body) as ApiObject
    throw new StatusError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
  })
}
