import type { ConnectionRecord, ExchangeObserver, ExchangeRecord } from '../exchange/records.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import type { Telemetry } from '../config/types/telemetry.ts'
import type { Workload } from '../registry/workload.ts'
import type { Snapshot } from '../snapshot.ts'
import { type AccessLog, accessLogs } from './access-log/log-policy.ts'
import type { LogTarget } from './access-log/proxy-logs.ts'
import type { TelemetryRecord } from './expression.ts'
import { MeshMetrics } from './mesh-metrics.ts'
import { type MetricPolicy, metricPolicy } from './metric-policy.ts'
import type { Side } from './series.ts'
import { telemetryFor } from './telemetry-for.ts'
import { type SpanSink, spansOf } from './trace/span.ts'
import type { TracingPolicy } from './trace/start-trace.ts'
import { tracingPolicy } from './trace/trace-policy.ts'

export interface MeshTelemetryOptions {
  /** The configuration as of now; the same object until something changes. */
  readonly snapshot: () => Pick<Snapshot, 'mesh' | 'objects'>
  /** Takes a line of an access log: for `/dev/stdout` it is one of the proxy's container. Absent: nothing is logged. */
  log?(line: string, to: LogTarget): void
  readonly spans?: SpanSink
}

/** What configuration says of one proxy. */
interface ProxyPolicy {
  readonly metrics: MetricPolicy
  readonly logs: Readonly<Record<Side, readonly AccessLog[]>>
  readonly tracing: Readonly<Record<Side, TracingPolicy | undefined>>
}

/** Metrics, access logs and spans of all proxies of a mesh, from what exchanges tell when they have ended. */
export class MeshTelemetry implements ExchangeObserver {
  readonly metrics: MeshMetrics
  readonly #options: MeshTelemetryOptions
  #policies = new WeakMap<object, ProxyPolicy>()
  /** What the policies were made of. */
  #mesh: MeshConfig | undefined
  #telemetries: unknown

  constructor(options: MeshTelemetryOptions) {
    this.#options = options
    this.metrics = new MeshMetrics({ policyOf: (proxy) => this.#policyOf(proxy).metrics })
  }

  exchange(record: ExchangeRecord): void {
    const policy = this.#policyOf(record.proxy)
    this.metrics.exchange(record, policy.metrics)
    this.#log(record, policy)
    const { spans } = this.#options
    const tracing = policy.tracing[sideOf(record)]
    if (spans === undefined || tracing === undefined) return
    for (const span of spansOf(record, tracing)) spans.span(span)
  }

  connectionOpened(record: ConnectionRecord): void {
    this.metrics.connectionOpened(record)
  }

  /** A connection that no listener is for is in the listener's own log, which can be turned off alone. */
  uncounted(record: TelemetryRecord): void {
    if (record.kind === 'tcp' && this.#options.snapshot().mesh.disableEnvoyListenerLog === true) return
    this.#log(record, this.#policyOf(record.proxy))
  }

  connection(record: ConnectionRecord): void {
    const policy = this.#policyOf(record.proxy)
    this.metrics.connection(record, policy.metrics)
    this.#log(record, policy)
  }

  /** What is said of the traces of requests that pass a proxy; undefined: it takes no part in them. */
  tracing(proxy: Workload | undefined, side: Side): TracingPolicy | undefined {
    return this.#policyOf(proxy).tracing[side]
  }

  #log(record: TelemetryRecord, { logs }: ProxyPolicy): void {
    const { log } = this.#options
    if (log === undefined) return
    const { proxy, endMs: timeMs } = record
    for (const { path, format, filter } of logs[sideOf(record)]) {
      if (filter === undefined || filter.isTrue(record)) log(format(record), { proxy, path, timeMs })
    }
  }

  #policyOf(proxy: Workload | undefined): ProxyPolicy {
    const { mesh, objects } = this.#options.snapshot()
    const telemetries = objects.get('Telemetry')
    if (mesh !== this.#mesh || telemetries !== this.#telemetries) {
      this.#policies = new WeakMap()
      this.#mesh = mesh
      this.#telemetries = telemetries
    }
    const key = proxy ?? NOBODY
    const known = this.#policies.get(key)
    if (known !== undefined) return known
    const all = [...(telemetries?.values() ?? [])] as readonly Telemetry[]
    const policy = policyFrom(all, proxy ?? NOBODY, mesh)
    this.#policies.set(key, policy)
    return policy
  }
}

const NOBODY = { namespace: '', labels: {}, type: 'sidecar' } as const

function policyFrom(
  telemetries: readonly Telemetry[],
  subject: Pick<Workload, 'namespace' | 'labels' | 'type'>,
  mesh: MeshConfig,
): ProxyPolicy {
  const isGateway = subject.type === 'gateway'
  const specs = telemetryFor(telemetries, subject, mesh.rootNamespace)
  const logging = specs.flatMap(({ accessLogging = [] }) => accessLogging)
  const tracing = specs.flatMap((spec) => spec.tracing ?? [])
  return {
    metrics: metricPolicy(specs.flatMap(({ metrics = [] }) => metrics)),
    logs: {
      client: accessLogs(logging, { mesh, side: 'client' }),
      server: accessLogs(logging, { mesh, side: 'server' }),
    },
    tracing: {
      client: tracingPolicy(tracing, { mesh, side: 'client', isGateway }),
      server: tracingPolicy(tracing, { mesh, side: 'server', isGateway }),
    },
  }
}

function sideOf({ reporter }: TelemetryRecord): Side {
  return reporter === 'source' ? 'client' : 'server'
}
