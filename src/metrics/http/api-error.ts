/** The kinds of failure of Prometheus' API, as `errorType` names them (prometheus/prometheus web/api/v1/errors.go). */
export type ApiErrorType =
  | 'timeout'
  | 'canceled'
  | 'execution'
  | 'bad_data'
  | 'internal'
  | 'unavailable'
  | 'not_found'
  | 'not_acceptable'

const STATUSES: Readonly<Record<ApiErrorType, number>> = {
  bad_data: 400,
  not_found: 404,
  not_acceptable: 406,
  execution: 422,
  canceled: 499,
  internal: 500,
  unavailable: 503,
  timeout: 503,
}

/** A request that fails, in the words of its answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly type: ApiErrorType

  constructor(type: ApiErrorType, message: string, options?: ErrorOptions) {
    super(message, options)
    this.type = type
  }

  get status(): number {
    return STATUSES[this.type]
  }
}

export function badData(message: string): ApiError {
  return new ApiError('bad_data', message)
}

export function invalidParameter(name: string, why: string): ApiError {
  return badData(`invalid parameter ${JSON.stringify(name)}: ${why}`)
}
