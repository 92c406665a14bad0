/** A request to Alertmanager, whoever carried it. */
export interface AlertmanagerRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}

export interface AlertmanagerResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function json(status: number, value: unknown): AlertmanagerResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}

export function text(status: number, body: string): AlertmanagerResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

export function empty(status: number): AlertmanagerResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: '' }
}

/** A request is refused before it is acted on. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest'
  readonly response: AlertmanagerResponse

  constructor(response: AlertmanagerResponse) {
    super(response.body)
    this.response = response
  }
}

/** What the request's form forbids, in the shape of upstream's API framework (go-openapi/errors). */
export function invalidForm(status: number, code: number, message: string): RefusedRequest {
  return new RefusedRequest(json(status, { code, message }))
}

/** A switch in a query; `otherwise` where it is not given. */
export function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = query.get(name)
  if (value === null || value === '') return otherwise
  if (/^(?:1|t|true|on|y|yes)$/i.test(value)) return true
  if (/^(?:0|f|false|off|n|no)$/i.test(value)) return false
  throw invalidForm(422, 601, `${name} in query must be of type bool: ${JSON.stringify(value)}`)
}

export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    throw invalidForm(400, 400, `parsing body body from "" failed, because ${message}`)
  }
}

/** A time as the API writes it; the zero time where there is none. */
export function printTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

/** A time in a body; undefined where it is the zero time or not there. */
export function readTime(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(timeMs))
    throw invalidForm(422, 601, `${name} in body must be of type date-time: ${JSON.stringify(value)}`)
  return timeMs <= ZERO_TIME_MS ? undefined : timeMs
}

/** 0001-01-01T00:00:00Z */
const ZERO_TIME_MS = -62_135_596_800_000

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Texts by name, as labels are. */
export function readLabels(value: unknown, name: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw invalidForm(422, 601, `${name} in body must be of type object`)
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string')
      throw invalidForm(400, 400, `parsing body body from "" failed, because ${name}.${key} is no string`)
  }
  return value as Readonly<Record<string, string>>
}
