import { badRequest } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { ServerContext } from '../context.ts'

/** Server-side apply. */
export async function apply(_request: ApiRequest, _context: ServerContext): Promise<ApiObject> {
  throw badRequest('server-side apply is not wired yet')
}
