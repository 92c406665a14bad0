import type { PathAnswerer } from './paths.ts'
import { respond } from './respond.ts'

/** A path of dabba's own, for its command line: a document as it is now, while there is one. */
export function documentPath(path: string, document: () => object | undefined): PathAnswerer {
  return ({ request, response, url }) => {
    const found = url.pathname === path && request.method === 'GET' ? document() : undefined
    if (found === undefined) return false
    respond(request, response, { code: 200, type: 'application/json', body: JSON.stringify(found) })
    return true
  }
}
