/** What a token says of its bearer, once it has been verified. */
export type Claims = Readonly<Record<string, unknown>>

/** An HTTP request as a route sees it. Names of headers are lower case. */
export interface MeshRequest {
  readonly method: string
  readonly scheme: string
  /** The Host header or `:authority`. */
  readonly authority: string
  readonly path: string
  /** Without the question mark. */
  readonly query?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Of the token that the proxy has verified, if there was one. */
  readonly claims?: Claims | undefined
  /** The client's address as far as trusted proxies tell it; absent: that of the connection. */
  readonly clientAddress?: string | undefined
}

/** The value of a header or pseudo header, by its name in lower case. */
export function headerOf(request: MeshRequest, name: string): string | undefined {
  switch (name) {
    case ':authority':
    case 'host':
      return request.authority
    case ':method':
      return request.method
    case ':scheme':
      return request.scheme
    case ':path':
      return request.query === undefined ? request.path : `${request.path}?${request.query}`
    default:
      return request.headers?.[name]
  }
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
