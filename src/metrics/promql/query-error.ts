/** What went wrong with a query: what the API calls the error's type depends on it. */
export type QueryFault = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'storage'

/** A query that has no result, in Prometheus' words (prometheus/prometheus promql/engine.go). */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly fault: QueryFault

  constructor(fault: QueryFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** The query cannot be evaluated on this data. */
export function executionError(message: string): QueryError {
  return new QueryError('execution', message)
}

export function duplicateLabels(): QueryError {
  return executionError('vector cannot contain metrics with the same labelset')
}

export function tooManySamples(): QueryError {
  return executionError('query processing would load too many samples into memory in query execution')
}

export function timedOut(stage: string): QueryError {
  return new QueryError('timeout', `query timed out in ${stage}`)
}

export function canceled(stage: string): QueryError {
  return new QueryError('canceled', `query was canceled in ${stage}`)
}
