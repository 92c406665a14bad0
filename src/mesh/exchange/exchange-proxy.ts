import type { ProxyView } from '../proxy/proxy-view.ts'
import type { Workload } from '../registry/workload.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Guard } from './guard.ts'
import type { InboundPort } from './inbound-port.ts'
import type { ExchangeObserver } from './records.ts'
import type { TracingOf } from './traced.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

/** Where a wire would lead. */
export interface WireEnd {
  readonly address: string
  readonly port: number
}

/** The proxy that an exchange passes, in what exchanges ask of it. */
export interface ExchangeProxy {
  readonly mesh: ExchangeMesh
  readonly workload: Workload
  readonly view: ProxyView
  /** What policies demand of who comes in, or at a gateway of who passes. */
  readonly guard: Guard | undefined
  /** Undefined where configuration knows no such cluster. */
  cluster(name: string, nowMs: number): UpstreamCluster | undefined
  inboundPort(address: string, port: number): InboundPort
}

/** All proxies of this process, in what one of them asks of the others. */
export interface ExchangeMesh {
  /** Numbers from 0 up to but not 1. */
  readonly dice: () => number
  readonly observer: ExchangeObserver | undefined
  /** Whether a hop to the proxy before an endpoint is decided in one exchange. */
  fuses(endpoint: WireEnd): boolean
  readonly tracing: TracingOf | undefined
  /** What `x-forwarded-client-cert` says of a workload's certificate, as in `Hash=…;Subject="…"`. */
  readonly certificateText?: ((workload: Workload) => string) | undefined
  readonly snapshot: Snapshot
  /** Path and query as all rules see them; undefined: there is no such path. */
  normalize(target: string, snapshot: Snapshot): string | undefined
  workloadAt(address: string): Workload | undefined
  proxyOf(workload: Workload): ExchangeProxy
}
