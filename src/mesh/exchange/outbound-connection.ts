import type { Cluster } from '../balance/cluster.ts'
import { xxHash64 } from '../balance/xx-hash.ts'
import type { UpstreamHost } from '../balance/upstream-host.ts'
import type { TcpTarget } from '../proxy/filter-chain.ts'
import { principalOf } from '../registry/workload.ts'
import { pickTarget } from '../route/decision.ts'
import { guardedConnection } from './guard.ts'
import type { InboundPort } from './inbound-port.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { addressesOf, provenPrincipal, serviceNamed } from './parties.ts'
import type {
  ConnectionRecord,
  IncomingConnection,
  TcpEnded,
  TcpExchange,
  TcpHappened,
  TcpStep,
  UpstreamOptions,
} from './steps.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

const CLOSE: TcpStep = { kind: 'close' }
/** envoyproxy/envoy api/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto. */
export const IDLE_TIMEOUT_MS = 3_600_000

type Phase = 'new' | 'connecting' | 'open' | 'final' | 'ended'

/** Bytes that are no HTTP, on the caller's side: one of the targets by weight, one of its endpoints, one attempt. */
export class OutboundConnection implements TcpExchange {
  readonly #proxy: ExchangeProxy
  readonly #connection: IncomingConnection
  readonly #targets: readonly TcpTarget[]
  #phase: Phase = 'new'
  #step: TcpStep = CLOSE
  #cluster: UpstreamCluster | undefined
  #host: UpstreamHost | undefined
  #counted: { readonly state: Cluster; readonly host: UpstreamHost } | undefined
  #inbound: InboundPort | undefined
  #name = ''
  #startMs = 0
  #details = ''
  #policy: string | undefined
  #isRefused = false
  #transportFailure: string | undefined
  readonly #flags: string[] = []

  constructor(proxy: ExchangeProxy, connection: IncomingConnection, targets: readonly TcpTarget[]) {
    this.#proxy = proxy
    this.#connection = connection
    this.#targets = targets
  }

  start(now: number): TcpStep {
    if (this.#phase !== 'new') return this.#step
    this.#startMs = now
    this.#step = this.#connect(now)
    return this.#step
  }

  on(happened: TcpHappened, now: number): TcpStep {
    if (this.#phase !== 'connecting') return this.#step
    switch (happened.kind) {
      case 'client-gone':
        this.#step = this.#close('DC')
        break
      case 'failed':
        this.#counted?.state.note(this.#counted.host, { kind: 'local-failure', timedOut: false }, now)
        this.#transportFailure = happened.reason
        this.#step = this.#close('UF')
        break
      case 'connected':
        this.#phase = 'open'
        this.#step = { kind: 'pipe', idleTimeoutMs: IDLE_TIMEOUT_MS }
        this.#tellOpened(now)
    }
    return this.#step
  }

  ended(ended: TcpEnded, now: number): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#release()
    const { observer } = this.#proxy.mesh
    if (observer === undefined) return
    const inbound = this.#inboundRecord(ended, now)
    if (inbound !== undefined) observer.connection(inbound)
    observer.connection(this.#record(ended, now))
  }

  #connect(now: number): TcpStep {
    const { mesh, workload } = this.#proxy
    const target = pickTarget(this.#targets, mesh.dice)
    const cluster = target === undefined ? undefined : this.#proxy.cluster(target.cluster, now)
    this.#name = target?.cluster ?? ''
    this.#cluster = cluster
    if (workload.type === 'gateway' && !this.#isAllowedAtGateway()) return this.#close('')
    if (cluster === undefined) return this.#close('NC')
    const { source, destination } = this.#connection
    const { state } = cluster
    const hash = state.policy.hash?.useSourceIp === true ? xxHash64(source.address) : undefined
    const host = cluster.isBlackHole
      ? undefined
      : cluster.pick({ nowMs: now, dice: mesh.dice, hash, tries: 0 }, destination)
    if (host === undefined) return this.#close('UH')
    if (state.active >= state.policy.limits.connections) return this.#close('UO')
    this.#host = host
    host.active++
    state.active++
    this.#counted = { state, host }
    this.#phase = 'connecting'
    const upstream = cluster.ways.of(host.transport, 'tcp')
    const timeoutMs = upstream.connectTimeoutMs
    if (
      host.workload?.hasSidecar !== true ||
      host.workload.type === 'gateway' ||
      host.transport === 'tls' ||
      !mesh.fuses(host)
    ) {
      return { kind: 'connect', endpoint: host, upstream, timeoutMs }
    }
    return this.#enter(mesh.proxyOf(host.workload).inboundPort(host.address, host.port), { host, upstream })
  }

  #isAllowedAtGateway(): boolean {
    const verdict = this.#proxy.guard?.connection(guardedConnection(this.#connection, undefined))
    this.#policy = verdict?.policy
    return verdict?.allowed !== false
  }

  /** What the proxy of the called workload would do. */
  #enter(
    port: InboundPort,
    { host, upstream }: { readonly host: UpstreamHost; readonly upstream: UpstreamOptions },
  ): TcpStep {
    this.#inbound = port
    const isMutualTls = host.transport === 'mtls'
    if (isMutualTls ? port.mode === 'DISABLE' : port.mode === 'STRICT') return this.#close(isMutualTls ? 'UF' : 'UC')
    const { workload } = this.#proxy
    const verdict = port.guard?.connection({
      principal: isMutualTls ? principalOf(workload) : undefined,
      sourceAddress: workload.addresses[0] ?? this.#connection.source.address,
      clientAddress: undefined,
      destinationAddress: host.address,
      destinationPort: port.port,
      sni: isMutualTls ? upstream.tls?.sni : undefined,
    })
    if (verdict?.allowed === false) {
      this.#policy = verdict.policy
      this.#isRefused = true
      return this.#close('UC')
    }
    const inside = port.wayFor('http1')
    return { kind: 'connect', endpoint: port.host, upstream: inside, timeoutMs: inside.connectTimeoutMs }
  }

  #close(flag: string): TcpStep {
    if (flag !== '') this.#flags.push(flag)
    this.#phase = 'final'
    this.#release()
    return CLOSE
  }

  #release(): void {
    const counted = this.#counted
    if (counted === undefined) return
    this.#counted = undefined
    counted.host.active--
    counted.state.active--
  }

  #tellOpened(now: number): void {
    const { observer } = this.#proxy.mesh
    if (observer?.connectionOpened === undefined) return
    const opened: TcpEnded = { how: 'complete', receivedBytes: 0, sentBytes: 0 }
    observer.connectionOpened(this.#record(opened, now))
    const inbound = this.#inboundRecord(opened, now)
    if (inbound !== undefined) observer.connectionOpened(inbound)
  }

  #record({ receivedBytes, sentBytes }: TcpEnded, now: number): ConnectionRecord {
    const { workload } = this.#proxy
    const host = this.#host
    const isMutualTls = host?.transport === 'mtls'
    return {
      kind: 'tcp',
      reporter: 'source',
      proxy: workload,
      source: workload.type === 'gateway' ? workload : (this.#connection.client ?? workload),
      destination: host?.workload,
      sourcePrincipal: isMutualTls ? principalOf(workload) : undefined,
      destinationPrincipal: provenPrincipal(host?.workload, isMutualTls),
      service: serviceNamed(this.#cluster?.service),
      cluster: this.#name,
      routeName: '',
      isMutualTls,
      ...addressesOf(this.#connection),
      upstreamAddress: host === undefined ? undefined : `${host.address}:${host.port}`,
      serverName: this.#connection.sni,
      flags: this.#flags,
      details: this.#details,
      transportFailure: this.#transportFailure,
      policy: this.#isRefused ? undefined : this.#policy,
      startMs: this.#startMs,
      endMs: now,
      receivedBytes,
      sentBytes,
    }
  }

  #inboundRecord(ended: TcpEnded, now: number): ConnectionRecord | undefined {
    const port = this.#inbound
    if (port === undefined) return undefined
    const { workload } = this.#proxy
    return {
      ...this.#record(ended, now),
      reporter: 'destination',
      proxy: port.workload,
      cluster: port.cluster,
      downstreamAddress: `${workload.addresses[0] ?? ''}:${this.#connection.source.port}`,
      localAddress: `${this.#host?.address ?? ''}:${port.port}`,
      upstreamAddress: this.#isRefused ? undefined : `${port.host.address}:${port.host.port}`,
      flags: this.#isRefused ? [] : this.#flags,
      policy: this.#isRefused ? this.#policy : undefined,
    }
  }
}
