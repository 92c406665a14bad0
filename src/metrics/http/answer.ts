import { QueryError } from '../promql/query-error.ts'
import { ApiError, type ApiErrorType } from './api-error.ts'
import type { WebRequest, WebResponse } from '../../world/web.ts'
import { JsonBytes } from './json-bytes.ts'

/** What an endpoint has to say: JSON of its data, ready to be sent; as bytes only where `beginAnswer` began them. */
export interface Answer {
  readonly json: string | JsonBytes
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

export type Endpoint = (request: WebRequest) => Promise<Answer | undefined>

const BEGINNING = '{"status":"success","data":'
const JSON_HEADERS = { 'content-type': 'application/json' }

const FAULTS: Readonly<Record<QueryError['fault'], ApiErrorType>> = {
  bad_data: 'bad_data',
  execution: 'execution',
  timeout: 'timeout',
  canceled: 'canceled',
  storage: 'internal',
}

/** Bytes for a long answer, which begin as every answer does: no copy is made to put the data between the rest. */
export function beginAnswer(): JsonBytes {
  const json = new JsonBytes()
  json.ascii(BEGINNING)
  return json
}

export function answerOf(data: unknown, more: Omit<Answer, 'json'> = {}): Answer {
  return { json: JSON.stringify(data), ...more }
}

/** Runs an endpoint and puts its outcome into the envelope that all answers of the API have. `undefined`: 204. */
export async function respond(endpoint: Endpoint, request: WebRequest): Promise<WebResponse> {
  try {
    const answer = await endpoint(request)
    if (answer === undefined) return { status: 204, headers: {}, body: '' }
    const { json, warnings = [], infos = [] } = answer
    const rest = `${printList('warnings', warnings)}${printList('infos', infos)}}`
    const body = typeof json === 'string' ? `${BEGINNING}${json}${rest}` : ended(json, rest)
    return { status: 200, headers: JSON_HEADERS, body }
  } catch (error) {
    const failure = apiError(error)
    const { type, message } = failure
    const body = JSON.stringify({ status: 'error', errorType: type, error: message })
    return { status: failure.status, headers: JSON_HEADERS, body }
  }
}

function ended(json: JsonBytes, rest: string): Uint8Array {
  json.text(rest)
  return json.finish()
}

function apiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof QueryError) return new ApiError(FAULTS[error.fault], error.message, { cause: error })
  throw error
}

function printList(name: string, texts: readonly string[]): string {
  return texts.length === 0 ? '' : `,${JSON.stringify(name)}:${JSON.stringify(texts)}`
}
