import { error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'

export interface DirectResponse {
  readonly status?: number
  /** `bytes` is base64. */
  readonly body?: Maybe<{ readonly string?: string; readonly bytes?: string }>
}

const LARGE_BYTES = 100 * 1024
const BODY_MAX_BYTES = 1024 * 1024

export function* validateDirectResponse(response: Maybe<DirectResponse>): Generator<Problem> {
  if (!isGiven(response)) return
  const sizeBytes = sizeOf(response)
  const impact = 'large direct_responses may impact control plane performance'
  if (sizeBytes > BODY_MAX_BYTES) yield error(`${impact}, must be less than 1MB`)
  else if (sizeBytes > LARGE_BYTES) yield warning(impact)
  yield* errorOf(httpStatusProblem(response.status ?? 0))
}

function sizeOf({ body }: DirectResponse): number {
  if (isGiven(body?.string)) return Buffer.byteLength(body.string)
  return isGiven(body?.bytes) ? Buffer.byteLength(body.bytes, 'base64') : 0
}

export function httpStatusProblem(status: number): string | undefined {
  return status < 200 || status > 600 ? `HTTP status ${status} is not in range 200-599` : undefined
}
