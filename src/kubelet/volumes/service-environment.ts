import type { Service } from '../../api/types.generated.ts'

/** The variables by which containers find services (kubernetes/kubernetes pkg/kubelet/envvars/envvars.go). */
export function serviceEnvironment(services: Iterable<Service>): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const service of services) addService(values, service)
  return values
}

function addService(values: Record<string, string>, { metadata, spec }: Service): void {
  const host = spec?.clusterIP ?? ''
  const ports = spec?.ports ?? []
  const [first] = ports
  if (host === '' || host === 'None' || first === undefined) return
  const prefix = variableName(metadata.name)
  values[`${prefix}_SERVICE_HOST`] = host
  values[`${prefix}_SERVICE_PORT`] = String(first.port)
  for (const { name, port } of ports) {
    if (name !== undefined && name !== '') values[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(port)
  }
  // The form of the links that Docker once made.
  const address = host.includes(':') ? `[${host}]` : host
  const urlOf = (port: number, protocol: string): string => `${protocol.toLowerCase()}://${address}:${port}`
  values[`${prefix}_PORT`] = urlOf(first.port, first.protocol ?? 'TCP')
  for (const { port, protocol = 'TCP' } of ports) {
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
    values[link] = urlOf(port, protocol)
    values[`${link}_PROTO`] = protocol.toLowerCase()
    values[`${link}_PORT`] = String(port)
    values[`${link}_ADDR`] = host
  }
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase()
}
