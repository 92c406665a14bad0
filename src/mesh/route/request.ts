/** An HTTP request as a route sees it. Names of headers are lower case. */
export interface MeshRequest {
  readonly method: string
  readonly scheme: string
  /** The Host header or `:authority`. */
  readonly authority: string
  readonly path: string
  /** Without the question mark. */
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Values of the query; of a name that is there twice, the first. */
export function queryParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? '' : part.slice(equals + 1))
  }
  return parameters
}
