import { KUBERNETES_VERSION } from '../../api/kubernetes-version.ts'
import { notAllowed } from './endpoints.ts'
import type { PathAnswerer } from './paths.ts'
import { respond } from './respond.ts'

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

/** Which Kubernetes the API is that of. */
export const versionPath: PathAnswerer = ({ request, response, url }) => {
  if (url.pathname !== '/version' && url.pathname !== '/version/') return false
  if (request.method !== 'GET') throw notAllowed()
  respond(request, response, { code: 200, type: 'application/json', body: JSON.stringify(VERSION, undefined, 2) })
  return true
}
