import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import { streamOf } from '../../world/web.ts'
import { type MeshFamily, metricsText } from '../telemetry/exposed-family.ts'

/** Where a sidecar's own pages are: pilot-agent's merged ones, and Envoy's. */
const PORTS: ReadonlySet<number> = new Set([15_020, 15_090])
const METRICS_PATH = '/stats/prometheus'
/** Where istiod tells of itself. */
const CONTROL_PLANE_PORT = 15_014
const CONTROL_PLANE_PATH = '/metrics'
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function isPagePort(port: number): boolean {
  return PORTS.has(port)
}

/** What a proxy says of itself on one of these ports. */
export function proxyPage(request: RequestOptions, families: () => Iterable<MeshFamily>): ResponseStream {
  if (new URL(request.url).pathname !== METRICS_PATH) return pageOf(404, 'text/plain', 'not found\n')
  return metricsPage(families())
}

/** Whether istiod's metrics are asked for, if it is istiod that is asked. */
export function isControlPlanePage(port: number, { url }: RequestOptions): boolean {
  return port === CONTROL_PLANE_PORT && new URL(url).pathname === CONTROL_PLANE_PATH
}

export function metricsPage(families: Iterable<MeshFamily>): ResponseStream {
  return pageOf(200, METRICS_TYPE, metricsText(families))
}

function pageOf(status: number, type: string, body: string): ResponseStream {
  return streamOf({ status, headers: { 'content-type': type }, body })
}
