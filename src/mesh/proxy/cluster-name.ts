export const BLACKHOLE = 'BlackHoleCluster'
export const PASSTHROUGH = 'PassthroughCluster'
export const INBOUND_PASSTHROUGH = 'InboundPassthroughCluster'

/** `outbound|80|v1|cart.shop.svc.cluster.local`, in its parts; undefined for the names of no service. */
export interface OutboundName {
  readonly host: string
  readonly port: number
  readonly subset: string
}

export function outboundCluster(host: string, target: { readonly port: number; readonly subset: string }): string {
  return `outbound|${target.port}|${target.subset}|${host}`
}

export function parseOutbound(cluster: string): OutboundName | undefined {
  const [direction, port, subset = '', host = ''] = cluster.split('|')
  return direction === 'outbound' ? { host, port: Number(port), subset } : undefined
}

/** Whether it leads to the application behind the proxy itself. */
export function isInbound(cluster: string): boolean {
  return cluster.startsWith('inbound|') || cluster === INBOUND_PASSTHROUGH
}

/** The name that is asked for in mutual TLS between sidecars: istio/istio pilot/pkg/model/service.go. */
export function meshServerName({ host, port, subset }: OutboundName): string {
  return `outbound_.${port}_.${subset}_.${host}`
}
