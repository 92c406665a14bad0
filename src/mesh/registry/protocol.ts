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
