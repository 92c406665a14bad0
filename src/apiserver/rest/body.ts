import { badRequest } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { ServerContext } from '../context.ts'

/** The object in a request's body. Its shape was checked when it was decoded; calls from our own process are typed. */
export function admittedBody(request: ApiRequest, _context: ServerContext): ApiObject {
  const body = request.body as Partial<ApiObject> | null | undefined
  if (body === undefined || body === null || typeof body !== 'object') throw badRequest('the request has no body')
  return body.metadata === undefined ? ({ ...body, metadata: { name: '' } } as ApiObject) : (body as ApiObject)
}
