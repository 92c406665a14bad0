import { aggregated, coreVersions, groupDocument, groupList, resourceList } from '../discovery/discovery.ts'
import { parseAccept } from '../content/negotiate.ts'
import type { HttpCall } from './http-api.ts'
import { respond, respondJson } from './respond.ts'

/** The Kubernetes whose API dabba speaks. */
export const KUBERNETES_VERSION = 'v1.35.0'

/** What `/version` says. */
const VERSION = {
  major: '1',
  minor: '35',
  gitVersion: `${KUBERNETES_VERSION}+dabba`,
  gitCommit: 'dabba',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'node',
  compiler: 'node',
  platform: 'linux/amd64',
} as const

/** `/version`, the health checks and discovery. */
export function answerPlainPath(call: HttpCall): boolean {
  const { request, response, url } = call
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, '') : url.pathname
  if (path === '/version') {
    respondJson(request, response, { value: VERSION })
    return true
  }
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) {
    const body = url.searchParams.has('verbose')
      ? `[+]ping ok\n[+]log ok\n[+]etcd ok\n${path.slice(1)} check passed\n`
      : 'ok'
    respond(request, response, { code: 200, type: 'text/plain; charset=utf-8', body })
    return true
  }
  return answerDiscovery(call, path)
}

function answerDiscovery({ request, response, server }: HttpCall, path: string): boolean {
  const { scheme } = server.context
  const parts = path.split('/').slice(1)
  if (path === '/api' || path === '/apis') {
    const version = aggregatedVersion(request.headers.accept)
    if (version === undefined)
      respondJson(request, response, { value: path === '/api' ? coreVersions() : groupList(scheme) })
    else {
      const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
      respondJson(request, response, { value: aggregated(scheme, path, version), type })
    }
    return true
  }
  const document =
    parts[0] === 'api' && parts.length === 2
      ? resourceList(scheme, '', parts[1] ?? '')
      : parts[0] === 'apis' && parts.length === 2
        ? groupDocument(scheme, parts[1] ?? '')
        : parts[0] === 'apis' && parts.length === 3
          ? resourceList(scheme, parts[1] ?? '', parts[2] ?? '')
          : undefined
  if (document === undefined) return false
  respondJson(request, response, { value: document })
  return true
}

/** The version of the aggregated form, if that is what the client likes best. */
function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  if (accept === undefined) return undefined
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json') continue
    const { as, g, v } = parameters
    if (as === undefined) return undefined
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) return v
  }
  return undefined
}
