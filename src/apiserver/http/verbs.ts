import { StatusError } from '../../api/errors.ts'
import { parseBoolean } from './query.ts'
import type { ResourceInfo } from './request-info.ts'

/** The API verb of an HTTP method: what authorization is asked about. */
export function methodVerb(method: string, info: ResourceInfo, query: URLSearchParams): string {
  const isNamed = info.name !== undefined
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (info.isLegacyWatch || parseBoolean(query, 'watch') === true) return 'watch'
      return isNamed ? 'get' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection'
    default:
      throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
  }
}
