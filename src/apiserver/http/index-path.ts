import type { Scheme } from '../../api/scheme.ts'
import { apiVersionOf } from '../../api/kind.ts'
import { type HealthChecks, listedHealthPaths } from './health-paths.ts'
import type { PathAnswerer } from './paths.ts'
import { respond } from './respond.ts'

const FIXED = [
  '/.well-known/openid-configuration',
  '/api',
  '/apis',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
]

/** `/`: all paths that are no resource. */
export function indexPath(checks: HealthChecks): PathAnswerer {
  return ({ request, response, url, server }) => {
    if (url.pathname !== '/' && url.pathname !== '/index.html') return false
    const all = new Set([...FIXED, ...listedHealthPaths(checks), ...discoveryPaths(server.context.scheme)])
    const body = JSON.stringify({ paths: [...all].toSorted() }, undefined, 2)
    respond(request, response, { code: 200, type: 'application/json', body })
    return true
  }
}

function* discoveryPaths(scheme: Scheme): Generator<string> {
  for (const kind of scheme.kinds()) {
    if (kind.group !== '') yield `/apis/${kind.group}`
    yield `/${kind.group === '' ? 'api' : 'apis'}/${apiVersionOf(kind)}`
  }
}
