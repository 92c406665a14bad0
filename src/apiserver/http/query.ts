import { badRequest } from '../../api/errors.ts'
import { parseDuration } from '../../base/duration.ts'

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
