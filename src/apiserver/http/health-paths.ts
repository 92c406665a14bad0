import { respondPlainError } from './page-not-found.ts'
import type { HttpCall } from './http-call.ts'
import type { PathAnswerer } from './paths.ts'
import { respond } from './respond.ts'

/** One thing that must be well for the server to be. */
export interface HealthCheck {
  readonly name: string
  isHealthy(): boolean
}

/** The checks behind `/healthz`, `/livez` and `/readyz`. */
export type HealthChecks = Readonly<Record<'healthz' | 'livez' | 'readyz', readonly HealthCheck[]>>

const TEXT = 'text/plain; charset=utf-8'
const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' }

/** Whether the server is well: as a whole, or by single checks such as `/livez/ping` (k8s.io/apiserver pkg/server/healthz). */
export function healthPaths(checks: HealthChecks): PathAnswerer {
  return (call) => {
    const [, root = '', name] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(call.url.pathname) ?? []
    if (root === '') return false
    const behind = checks[root as keyof HealthChecks]
    if (name === undefined) return answerAll(call, root, behind)
    const check = behind.find((one) => one.name === name)
    return check === undefined ? false : answerOne(call, check)
  }
}

/** The paths of all checks, for the index of paths. */
export function listedHealthPaths(checks: HealthChecks): readonly string[] {
  return Object.entries(checks).flatMap(([root, behind]) => [
    `/${root}`,
    ...behind.map(({ name }) => `/${root}/${name}`),
  ])
}

function answerOne({ request, response }: HttpCall, check: HealthCheck): true {
  if (check.isHealthy()) respond(request, response, { code: 200, type: TEXT, body: 'ok' })
  else respondPlainError(response, 500, `internal server error: ${check.name} failed`)
  return true
}

function answerAll({ request, response, url }: HttpCall, root: string, checks: readonly HealthCheck[]): true {
  const excluded = new Set(url.searchParams.getAll('exclude'))
  const unknown = new Set(excluded)
  let isHealthy = true
  const lines = checks.map((check) => {
    if (excluded.has(check.name)) {
      unknown.delete(check.name)
      return `[+]${check.name} excluded: ok\n`
    }
    if (check.isHealthy()) return `[+]${check.name} ok\n`
    isHealthy = false
    return `[-]${check.name} failed: reason withheld\n`
  })
  if (unknown.size > 0) {
    const names = [...unknown].toSorted().map((name) => JSON.stringify(name))
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names.join(',')}\n`)
  }
  if (!isHealthy) {
    respondPlainError(response, 500, `${lines.join('')}${root} check failed`)
    return true
  }
  const body = url.searchParams.has('verbose') ? `${lines.join('')}${root} check passed\n` : 'ok'
  respond(request, response, { code: 200, type: TEXT, body, headers: NO_SNIFF })
  return true
}
