import { badRequest } from '../../api/errors.ts'
import type { RequestOptions } from '../../api/request.ts'
import { parseDuration } from '../../base/duration.ts'

/** Reads the query parameters that all verbs share, refusing values of the wrong type in upstream's words. */
export function parseQuery(query: URLSearchParams): RequestOptions {
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const entries: [string, unknown][] = [
    ['dryRun', parseDryRun(query.getAll('dryRun'))],
    ['fieldManager', text('fieldManager')],
    ['fieldValidation', parseFieldValidation(text('fieldValidation'))],
    ['force', parseBoolean(query, 'force')],
    ['labelSelector', text('labelSelector')],
    ['fieldSelector', text('fieldSelector')],
    ['limit', parseInteger(query, 'limit')],
    ['continue', text('continue')],
    ['resourceVersion', text('resourceVersion')],
    ['resourceVersionMatch', text('resourceVersionMatch')],
    ['gracePeriodSeconds', parseInteger(query, 'gracePeriodSeconds')],
    ['propagationPolicy', text('propagationPolicy')],
  ]
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as RequestOptions
}

/** Only `false` and `0` are false; anything else that is there at all is true, as in `?watch` (apimachinery pkg/runtime). */
export function parseBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  return !/^(?:false|0)$/i.test(text)
}

export function parseInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function parseDryRun(values: readonly string[]): boolean | undefined {
  if (values.every((value) => value === '')) return undefined
  const unknown = values.find((value) => value !== 'All')
  if (unknown !== undefined)
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`)
  return true
}

function parseFieldValidation(text: string | undefined): RequestOptions['fieldValidation'] | undefined {
  if (text === undefined || text === '') return undefined
  if (text === 'Strict' || text === 'Warn' || text === 'Ignore') return text
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(text)}: supported values: "Ignore", "Strict", "Warn"`,
  )
}

/** How long a request may take; clients can ask for less (k8s.io/apiserver pkg/endpoints/filters/request_deadline.go). */
const REQUEST_MAX_MS = 60_000

export function deadlineMsOf(query: URLSearchParams): number {
  const text = query.get('timeout') ?? ''
  if (text === '') return REQUEST_MAX_MS
  const askedMs = parseDuration(text)
  if (askedMs === undefined) {
    const why = `time: invalid duration ${JSON.stringify(text)}`
    throw badRequest(`invalid timeout specified in the request URL - ${why}`)
  }
  return askedMs > 0 && askedMs < REQUEST_MAX_MS ? askedMs : REQUEST_MAX_MS
}
