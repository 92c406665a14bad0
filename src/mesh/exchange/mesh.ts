import type { Snapshot } from '../snapshot.ts'
import { type Proxy, ProxyView } from '../proxy/proxy-view.ts'
import { normalizedTarget } from '../route/normalize-path.ts'
import type { Workload } from '../registry/workload.ts'
import type { WireEnd } from './exchange-proxy.ts'
import type { GuardOf } from './guard.ts'
import { MeshProxy, type ProxyMesh } from './mesh-proxy.ts'
import type { ExchangeObserver } from './records.ts'
import type { TracingOf } from './traced.ts'

/** Below this many proxies nobody looks whether some of them are gone. */
const PROXIES_KEPT_MIN = 256

export interface MeshOptions {
  /** The configuration as of now; the same object until something changes. */
  readonly snapshot: () => Snapshot
  /** Numbers from 0 up to but not 1. */
  readonly dice: () => number
  readonly observer?: ExchangeObserver
  /** Whether a hop between two proxies of this process is decided in one exchange, without mutual TLS on a wire. */
  readonly fuses: boolean
  readonly guardOf?: GuardOf
  /** What is said of the traces of requests that pass a proxy; undefined: it takes no part in them. */
  readonly tracing?: TracingOf
  /** What applications are told of a caller's certificate that nobody need show; undefined: whose it would be. */
  readonly certificateText?: (workload: Workload) => string
}

/** All proxies of a mesh in this process. What each knows of its upstreams is its own, as it is of real sidecars. */
export class Mesh implements ProxyMesh {
  readonly dice: () => number
  readonly observer: ExchangeObserver | undefined
  readonly #options: MeshOptions
  readonly #proxies = new Map<string, MeshProxy>()
  /** By what the workloads are now: a changed one is another object. */
  readonly #current = new WeakMap<Workload, MeshProxy>()
  #sweepAt = PROXIES_KEPT_MIN
  #viewed: Snapshot | undefined
  #isWired: ((end: WireEnd) => boolean) | undefined
  /** Sidecars that are told the same see the mesh the same way. */
  readonly #views = new Map<string, ProxyView>()

  constructor(options: MeshOptions) {
    this.#options = options
    this.dice = options.dice
    this.observer = options.observer
  }

  get snapshot(): Snapshot {
    return this.#options.snapshot()
  }

  get tracing(): TracingOf | undefined {
    return this.#options.tracing
  }

  get certificateText(): MeshOptions['certificateText'] {
    return this.#options.certificateText
  }

  get guardOf(): GuardOf | undefined {
    return this.#options.guardOf
  }

  fuses(endpoint: WireEnd): boolean {
    return this.#isWired === undefined ? this.#options.fuses : !this.#isWired(endpoint)
  }

  /** From now on hops go over wires, where there are any; where there are none, they are decided in one exchange. */
  useWires(isWired: (end: WireEnd) => boolean): void {
    this.#isWired = isWired
  }

  /** Path and query as all rules see them; undefined: there is no such path. */
  normalize(target: string, { mesh }: Snapshot): string | undefined {
    return normalizedTarget(target, mesh.pathNormalization ?? 'DEFAULT')
  }

  workloadAt(address: string): Workload | undefined {
    return this.snapshot.workloads.byAddress.get(address)
  }

  /** The same for as long as the workload has its address. */
  proxyOf(workload: Workload): MeshProxy {
    const current = this.#current.get(workload)
    if (current !== undefined) return current
    const proxy = this.#named(workload)
    this.#current.set(workload, proxy)
    return proxy
  }

  #named(workload: Workload): MeshProxy {
    const key = `${workload.addresses[0] ?? ''} ${workload.namespace}/${workload.name}`
    const known = this.#proxies.get(key)
    if (known !== undefined) {
      known.workload = workload
      return known
    }
    if (this.#proxies.size >= this.#sweepAt) this.#sweep()
    const proxy = new MeshProxy(this, workload)
    this.#proxies.set(key, proxy)
    return proxy
  }

  /** `key` says all that a sidecar is told by. */
  sharedView(snapshot: Snapshot, key: string, proxy: Proxy): ProxyView {
    if (this.#viewed !== snapshot) {
      this.#views.clear()
      this.#viewed = snapshot
    }
    const known = this.#views.get(key)
    if (known !== undefined) return known
    const view = new ProxyView(snapshot, proxy)
    this.#views.set(key, view)
    return view
  }

  #sweep(): void {
    const { byAddress } = this.snapshot.workloads
    for (const [key, { workload }] of this.#proxies) {
      if (!workload.addresses.some((address) => byAddress.has(address))) this.#proxies.delete(key)
    }
    this.#sweepAt = Math.max(PROXIES_KEPT_MIN, this.#proxies.size * 2)
  }
}
