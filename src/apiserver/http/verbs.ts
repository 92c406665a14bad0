import { nameIsPathSegment } from '../../api/names/object-names.ts'
import { parseFieldSelector } from '../../api/selectors/fields.ts'
import { SelectorError } from '../../api/selectors/label-matcher.ts'
import { parseBoolean } from './query.ts'
import type { ResourceInfo } from './request-info.ts'

/** The API verb of an HTTP method: what authorization is asked about. Empty for methods that the API does not have. */
export function methodVerb(method: string, info: ResourceInfo, query: URLSearchParams): string {
  if (info.isLegacyWatch) return 'watch'
  const isNamed = info.name !== undefined
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isNamed) return 'get'
      return parseBoolean(query, 'watch') === true ? 'watch' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection'
    default:
      return ''
  }
}

/** The one object that a list or watch by `metadata.name` is about: who may see it may also list it. */
export function selectedName(query: URLSearchParams): string | undefined {
  const text = query.get('fieldSelector') ?? ''
  if (!text.includes('metadata.name')) return undefined
  try {
    const name = parseFieldSelector(text).exactValueOf('metadata.name')
    return name === undefined || nameIsPathSegment(name).length > 0 ? undefined : name
  } catch (error) {
    // Refused in the API's words when the request is read.
    if (error instanceof SelectorError) return undefined
    throw error
  }
}
