/** How a port is treated. `auto` looks at the first bytes of each connection. */
export type Traffic = 'http' | 'tls' | 'tcp' | 'auto'

const TRAFFIC: Readonly<Record<string, Traffic>> = {
  http: 'http',
  http2: 'http',
  grpc: 'http',
  'grpc-web': 'http',
  'http-proxy': 'http',
  h2c: 'http',
  https: 'tls',
  tls: 'tls',
  tcp: 'tcp',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
  postgres: 'tcp',
  udp: 'tcp',
}

/** Said outright, or by the part of the port's name before the first dash: `grpc-web` is its own protocol. */
export function trafficOf(port: { readonly name?: string; readonly protocol?: string | undefined }): Traffic {
  const said = port.protocol?.toLowerCase() ?? ''
  if (said !== '') return TRAFFIC[said.replace('kubernetes.io/', '')] ?? 'auto'
  const name = port.name?.toLowerCase() ?? ''
  if (name.startsWith('grpc-web')) return 'http'
  return TRAFFIC[name.split('-')[0] ?? ''] ?? 'auto'
}

const HTTP2 = new Set(['http2', 'grpc', 'h2c', 'kubernetes.io/h2c'])

/** Whether a port speaks HTTP/2 without having been asked to. */
export function isHttp2(port: { readonly name?: string; readonly protocol?: string | undefined }): boolean {
  const said = port.protocol?.toLowerCase() ?? ''
  if (said !== '') return HTTP2.has(said)
  const name = port.name?.toLowerCase() ?? ''
  return !name.startsWith('grpc-web') && HTTP2.has(name.split('-')[0] ?? '')
}
