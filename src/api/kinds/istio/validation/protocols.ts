/* Protocols by their names in lower case (istio/istio pkg/config/protocol/instance.go). */

const HTTP: ReadonlySet<string> = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'])
const TLS: ReadonlySet<string> = new Set(['https', 'tls'])
const TCP: ReadonlySet<string> = new Set(['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql'])

export function isHttp(protocol = ''): boolean {
  return HTTP.has(protocol.toLowerCase())
}

export function isTls(protocol = ''): boolean {
  return TLS.has(protocol.toLowerCase())
}

/** Whether its bytes are carried as they come. */
export function isTcp(protocol = ''): boolean {
  return TCP.has(protocol.toLowerCase())
}

export function isKnownProtocol(protocol = ''): boolean {
  return isHttp(protocol) || isTcp(protocol) || protocol.toLowerCase() === 'udp'
}

/** None is fine: the bytes tell. */
export function protocolProblem(protocol = ''): string | undefined {
  return protocol === '' || isKnownProtocol(protocol) ? undefined : `unsupported protocol: ${protocol}`
}
