import type { HttpMatch, StringMatch, StringMatches } from '../../mesh/config/types/virtual-service.ts'
import { headerOf, type MeshRequest, queryParameters } from '../../mesh/route/request.ts'
import { appliesTo, requestMatch, type RouteContext } from '../../mesh/route/request-match.ts'

/** One thing that a match asks for, in words. */
export interface Condition {
  /** The field of the match, as in `['headers', 'x-user-region']`. */
  readonly path: readonly string[]
  /** As in `header x-user-region exact "mumbai"`. */
  readonly text: string
  /** A match that asks for nothing else. */
  readonly alone: HttpMatch
}

/** All that a match asks of a request, in the order in which it is looked at. */
export function conditionsOf(match: HttpMatch): readonly Condition[] {
  const { ignoreUriCase, uri, method, scheme, authority } = match
  const whole = (
    [
      ['uri', uri],
      ['method', method],
      ['scheme', scheme],
      ['authority', authority],
    ] as const
  ).flatMap(([field, text]): readonly Condition[] => {
    if (text === undefined) return []
    const alone = field === 'uri' && ignoreUriCase !== undefined ? { uri: text, ignoreUriCase } : { [field]: text }
    return [{ path: [field], text: `${field} ${matchText(text)}`, alone }]
  })
  return [
    ...whole,
    ...keyed(match, 'headers', 'header'),
    ...keyed(match, 'withoutHeaders', 'without header'),
    ...keyed(match, 'queryParams', 'query parameter'),
  ]
}

/** What a match asks of the caller and its proxy, and whether it is given. */
export function callerConditionFailing(match: HttpMatch, context: RouteContext): string | undefined {
  if (appliesTo(match, context)) return undefined
  const { port, gateways = [], sourceNamespace, sourceLabels = {} } = match
  if (port !== undefined && port !== 0 && port !== context.port) return `for port ${port}, not ${context.port}`
  if (gateways.length > 0) return `for gateway ${gateways.join(', ')}`
  if (sourceNamespace !== undefined && sourceNamespace !== context.namespace) {
    return `for callers in namespace ${sourceNamespace}`
  }
  const wanted = Object.entries(sourceLabels).map(([key, value]) => `${key}=${value}`)
  return `for callers with labels ${wanted.join(', ')}`
}

/** What of the request does not fit, and how it is instead: the first of it. */
export function firstFailing(
  match: HttpMatch,
  request: MeshRequest,
): { path: readonly string[]; text: string } | undefined {
  const failing = conditionsOf(match).find(({ alone }) => !requestMatch(alone)(request))
  if (failing === undefined) return undefined
  const { path } = failing
  return { path, text: `${failing.text}: ${isText(actualOf(path, request))}` }
}

/** A text match as it reads in a sentence. */
export function matchText({ exact, prefix, regex }: StringMatch): string {
  if (exact !== undefined) return JSON.stringify(exact)
  if (prefix !== undefined) return `prefix ${JSON.stringify(prefix)}`
  return regex === undefined || regex === '*' ? 'is there' : `regex ${JSON.stringify(regex)}`
}

/** A match in one line. */
export function matchSummary(match: HttpMatch): string {
  const asked = conditionsOf(match).map(({ text }) => text)
  return asked.length === 0 ? 'everything' : asked.join(', ')
}

function keyed(match: HttpMatch, field: 'headers' | 'withoutHeaders' | 'queryParams', word: string): Condition[] {
  const entries: StringMatches = match[field] ?? {}
  return Object.entries(entries).map(([name, text]) => ({
    path: [field, name],
    text: `${word} ${name} ${matchText(text)}`,
    alone: { [field]: { [name]: text } },
  }))
}

function actualOf([field = '', name = '']: readonly string[], request: MeshRequest): string | undefined {
  switch (field) {
    case 'uri':
      return request.path
    case 'queryParams':
      return queryParameters(request.query ?? '').get(name)
    case 'headers':
    case 'withoutHeaders':
      return headerOf(request, name.toLowerCase())
    default:
      return headerOf(request, `:${field}`)
  }
}

function isText(actual: string | undefined): string {
  return actual === undefined ? 'it is not there' : `it is ${JSON.stringify(actual)}`
}
