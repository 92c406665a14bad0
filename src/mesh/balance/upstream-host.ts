import type { Endpoint, UpstreamOptions } from '../exchange/steps.ts'
import type { Locality } from './locality.ts'
import type { Workload } from '../registry/workload.ts'

/** An endpoint of a cluster, with what one proxy knows of it. It stays the same while configuration changes around it. */
export class UpstreamHost implements Endpoint {
  readonly address: string
  readonly port: number
  workload: Workload | undefined
  weight = 1
  locality: Locality | undefined
  labels: Readonly<Record<string, string>> = {}
  transport: UpstreamOptions['transport'] = 'plaintext'
  /** Requests on their way. */
  active = 0
  /** When it came, for its warm-up. */
  readonly addedMs: number
  readonly health = new HostHealth()

  constructor(
    address: string,
    port: number,
    options: { readonly workload: Workload | undefined; readonly addedMs: number },
  ) {
    this.address = address
    this.port = port
    this.workload = options.workload
    this.addedMs = options.addedMs
  }
}

/** What outlier detection counts. */
export class HostHealth {
  consecutive5xx = 0
  consecutiveGateway = 0
  consecutiveLocal = 0
  /** Not used before this time; 0: it is used. */
  ejectedUntilMs = 0
  /** How many times the base the next ejection lasts, but for one. */
  ejections = 0
  /** When `ejections` was last counted down. */
  calmSinceMs = 0

  get isEjected(): boolean {
    return this.ejectedUntilMs > 0
  }

  forgive(): void {
    this.consecutive5xx = 0
    this.consecutiveGateway = 0
    this.consecutiveLocal = 0
    this.ejectedUntilMs = 0
  }
}
