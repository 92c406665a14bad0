import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import { streamOf } from '../../world/web.ts'
import { metricsText } from '../telemetry/exposed-family.ts'
import type { MeshMetrics } from '../telemetry/mesh-metrics.ts'
import type { Workload } from '../registry/workload.ts'

/** Where a sidecar's own pages are: pilot-agent's merged ones, and Envoy's. */
const PORTS: ReadonlySet<number> = new Set([15_020, 15_090])
const METRICS_PATH = '/stats/prometheus'
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function isPagePort(port: number): boolean {
  return PORTS.has(port)
}

/** What a proxy says of itself on one of these ports. */
export function proxyPage(proxy: Workload, request: RequestOptions, metrics: MeshMetrics): ResponseStream {
  if (new URL(request.url).pathname !== METRICS_PATH) return pageOf(404, 'text/plain', 'not found\n')
  return pageOf(200, METRICS_TYPE, metricsText(metrics.families(proxy)))
}

function pageOf(status: number, type: string, body: string): ResponseStream {
  return streamOf({ status, headers: { 'content-type': type }, body })
}
