import type { HttpMatch, StringMatches } from '../../../mesh/config/types/virtual-service.ts'
import type { MeshRequest } from '../../../mesh/route/request.ts'
import { requestMatch } from '../../../mesh/route/request-match.ts'
import { textMatch } from '../../../mesh/route/text-match.ts'
import type { PlainRule } from '../plain-rule.ts'
import { sampleOf } from './sample-text.ts'

/** A request without its host. */
export interface SampleRequest {
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly headers: Readonly<Record<string, string>>
}

const UNSPOKEN = ['/other', '/']
/** Rules whose every two are tried together; of more, only each by itself. */
const PAIRED_MAX = 60

/**
 * Requests that stand for all that rules tell apart: for each rule one that it takes; for each two one that both take, for
 * there it matters which comes first; for each path those beside it; and one that no rule speaks of.
 */
export function representativeRequests(
  matches: readonly HttpMatch[],
  policies: readonly PlainRule[],
): readonly SampleRequest[] {
  const unique = [...new Map(matches.map((match) => [JSON.stringify(askedOf(match)), match])).values()]
  const pairs =
    unique.length > PAIRED_MAX ? [] : unique.flatMap((a, index) => unique.slice(index + 1).map((b) => [a, b]))
  // On a path that others speak of, and where it can be on one that nobody does.
  const spoken = [...new Set([...unique.flatMap(pathsOf), ...UNSPOKEN])]
  const paths = [...new Set([...UNSPOKEN, ...spoken])]
  const requests = [
    ...[...unique.map((match) => [match]), ...pairs].flatMap((together) =>
      [spoken, paths].flatMap((candidates) => requestFor(together, candidates) ?? []),
    ),
    ...paths.map((path) => ({ method: 'GET', path, headers: {} })),
    ...policies.flatMap(requestsOfPolicy),
  ]
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()]
}

/** What of a match asks about the request. */
function askedOf({ uri, method, headers, withoutHeaders, queryParams, ignoreUriCase }: HttpMatch): HttpMatch {
  return {
    ...(uri && { uri }),
    ...(method && { method }),
    ...(headers && { headers }),
    ...(withoutHeaders && { withoutHeaders }),
    ...(queryParams && { queryParams }),
    ...(ignoreUriCase !== undefined && { ignoreUriCase }),
  }
}

/** A path that fits, and those that nearly do. */
function pathsOf({ uri }: HttpMatch): readonly string[] {
  if (uri === undefined) return []
  const sample = sampleOf(uri)
  if (sample === undefined) return []
  const path = sample.startsWith('/') ? sample : `/${sample}`
  return path.endsWith('/') ? [path, `${path}x`] : [path, `${path}/x`, `${path}x`]
}

/** Undefined where the matches contradict each other, or no example was found. */
function requestFor(matches: readonly HttpMatch[], paths: readonly string[]): SampleRequest | undefined {
  const asked = matches.map(askedOf)
  const path = paths.find((candidate) =>
    asked.every(
      ({ uri, ignoreUriCase = false }) => uri === undefined || textMatch(uri, { ignoreCase: ignoreUriCase })(candidate),
    ),
  )
  const method = asked.map((match) => match.method && sampleOf(match.method)).find((sample) => sample !== undefined)
  const headers = mergedSamples(asked.map((match) => match.headers))
  const parameters = mergedSamples(asked.map(({ queryParams }) => queryParams))
  if (path === undefined || headers === undefined || parameters === undefined) return undefined
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  const request = {
    method: method ?? 'GET',
    path,
    ...(query.length > 0 && { query: query.join('&') }),
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) => !name.startsWith('@') && !name.startsWith(':')),
    ),
  }
  const whole: MeshRequest = { ...request, scheme: 'http', authority: 'host' }
  return asked.every((match) => requestMatch(match)(whole)) ? request : undefined
}

function mergedSamples(lists: readonly (StringMatches | undefined)[]): Readonly<Record<string, string>> | undefined {
  const merged: Record<string, string> = {}
  for (const list of lists) {
    for (const [name, match] of Object.entries(list ?? {})) {
      const sample = sampleOf(match)
      if (sample === undefined) return undefined
      merged[name.toLowerCase()] ??= sample
    }
  }
  return merged
}

const HEADER_KEY = /^request\.headers\[(.+)\]$/

/** What a rule of a policy lets through, and the same without one of its headers. */
function requestsOfPolicy({ to, when }: PlainRule): readonly SampleRequest[] {
  const headers = Object.fromEntries(
    when.flatMap(({ key, values, notValues }) => {
      const name = HEADER_KEY.exec(key)?.[1]?.toLowerCase()
      const value = values[0] ?? notValues[0]
      return name === undefined || value === undefined ? [] : [[name, value.replaceAll('*', 'x')]]
    }),
  )
  const operations = to.length === 0 ? [{}] : to
  const sets = Object.keys(headers).length === 0 ? [{}] : [headers, {}]
  return operations.flatMap(({ methods = ['GET'], paths = ['/'], notPaths = [], notMethods = [] }) =>
    [...methods, ...notMethods].flatMap((method) =>
      [...paths, ...notPaths].flatMap((path) =>
        sets.map((set) => ({ method: method.replace('*', 'GET'), path: samplePath(path), headers: set })),
      ),
    ),
  )
}

function samplePath(pattern: string): string {
  const filled = pattern.replaceAll(/\{\*\*?\}|\*/g, 'x')
  return filled.startsWith('/') ? filled : `/${filled}`
}
