import type { Cluster } from '../balance/cluster.ts'
import { xxHash64 } from '../balance/xx-hash.ts'
import type { UpstreamHost } from '../balance/upstream-host.ts'
import type { TcpTarget } from '../proxy/filter-chain.ts'
import { principalOf } from '../registry/workload.ts'
import { pickTarget } from '../route/decision.ts'
import { Asking, type AskingOutcome } from './checks/asking.ts'
import { hopOf } from './fused-hop.ts'
import { guardedConnection } from './guard.ts'
import type { InboundPort } from './inbound-port.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { addressText, provenPrincipal, serviceNamed } from './parties.ts'
import { tellPlaintextRefused } from './refused.ts'
import type { ConnectionRecord } from './records.ts'
import type { IncomingConnection, TcpEnded, TcpExchange, TcpHappened, TcpStep, UpstreamOptions } from './steps.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

const CLOSE: TcpStep = { kind: 'close' }
/** envoyproxy/envoy api/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto. */
export const IDLE_TIMEOUT_MS = 3_600_000

/** `asking`: others have to agree first, at a gateway; `there`: those whom the called side's proxy asks. */
type Phase = 'new' | 'asking' | 'there' | 'connecting' | 'open' | 'final' | 'ended'

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
  #asking: Asking | undefined
  #name = ''
  #startMs = 0
  #details = ''
  #policy: string | undefined
  /** By the called side's proxy. */
  #isRefused = false
  #refusalFlags: readonly string[] = []
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
    this.#step = this.#receive(now)
    return this.#step
  }

  on(happened: TcpHappened, now: number): TcpStep {
    if (this.#phase === 'asking' || this.#phase === 'there') this.#step = this.#asked(happened, now)
    else if (this.#phase === 'connecting') this.#step = this.#heard(happened, now)
    return this.#step
  }

  #heard(happened: TcpHappened, now: number): TcpStep {
    switch (happened.kind) {
      case 'client-gone':
        return this.#close('DC')
      case 'failed':
        this.#counted?.state.note(this.#counted.host, { kind: 'local-failure', timedOut: false }, now)
        this.#transportFailure = happened.reason
        return this.#close('UF', 'URX')
      case 'connected':
        this.#phase = 'open'
        this.#tellOpened(now)
        return { kind: 'pipe', idleTimeoutMs: IDLE_TIMEOUT_MS }
      case 'checked':
      case 'waited':
        return this.#step
    }
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

  #receive(now: number): TcpStep {
    const target = pickTarget(this.#targets, this.#proxy.mesh.dice)
    this.#name = target?.cluster ?? ''
    this.#cluster = target === undefined ? undefined : this.#proxy.cluster(target.cluster, now)
    const connection = this.#connection
    const proxy = this.#proxy
    const guard = proxy.workload.type === 'gateway' ? proxy.guard : undefined
    if (guard === undefined) return this.#connect(now)
    const guarded = guardedConnection(connection, undefined)
    this.#phase = 'asking'
    this.#asking = new Asking({ proxy, guard, connection, guarded, request: undefined, checksDeep: 0, hopOf })
    return this.#entered(this.#asking.start(now), now)
  }

  #asked(happened: TcpHappened, now: number): TcpStep {
    const asking = this.#asking
    if (happened.kind === 'connected' || asking === undefined) return this.#step
    if (happened.kind !== 'client-gone') return this.#entered(asking.on(happened, now), now)
    asking.drop(now)
    return this.#close('DC')
  }

  #entered(outcome: AskingOutcome, now: number): TcpStep {
    const isThere = this.#phase === 'there'
    switch (outcome.kind) {
      case 'passed':
        return isThere ? this.#connectInside() : this.#connect(now)
      case 'refused':
        this.#policy = outcome.policy
        // Who is refused by a policy is told no more than that the connection ends.
        this.#details = outcome.flags.length === 0 ? '' : outcome.reply.details
        this.#isRefused = isThere
        this.#refusalFlags = outcome.flags
        return isThere ? this.#close('UC') : this.#close(...outcome.flags)
      case 'gather':
        return this.#close()
      default:
        return outcome
    }
  }

  #connect(now: number): TcpStep {
    const { mesh } = this.#proxy
    const cluster = this.#cluster
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
    const proxy = mesh.proxyOf(host.workload)
    return this.#enter(proxy, { port: proxy.inboundPort(host.address, host.port), host, upstream, now })
  }

  /** What the proxy of the called workload would do. */
  #enter(
    proxy: ExchangeProxy,
    into: {
      readonly port: InboundPort
      readonly host: UpstreamHost
      readonly upstream: UpstreamOptions
      readonly now: number
    },
  ): TcpStep {
    const { port, host, upstream, now } = into
    const isMutualTls = host.transport === 'mtls'
    if (isMutualTls && port.mode === 'DISABLE') return this.#close('UF')
    if (!isMutualTls && port.mode === 'STRICT') {
      const caller = { proxy: this.#proxy, connection: this.#connection }
      tellPlaintextRefused(caller, { ...port, address: host.address }, now)
      return this.#close('UC')
    }
    this.#inbound = port
    const { guard } = port
    if (guard === undefined) return this.#connectInside()
    const { workload } = this.#proxy
    const connection = this.#connection
    const guarded = {
      principal: isMutualTls ? principalOf(workload) : undefined,
      sourceAddress: workload.addresses[0] ?? connection.source.address,
      clientAddress: undefined,
      destinationAddress: host.address,
      destinationPort: port.port,
      sni: isMutualTls ? upstream.tls?.sni : undefined,
    }
    this.#phase = 'there'
    this.#asking = new Asking({ proxy, guard, connection, guarded, request: undefined, checksDeep: 0, hopOf })
    return this.#entered(this.#asking.start(now), now)
  }

  #connectInside(): TcpStep {
    const port = this.#inbound
    if (port === undefined) return this.#step
    this.#phase = 'connecting'
    const inside = port.wayFor('http1')
    return { kind: 'connect', endpoint: port.host, upstream: inside, timeoutMs: inside.connectTimeoutMs }
  }

  #close(...flags: readonly string[]): TcpStep {
    this.#flags.push(...flags)
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
      downstreamAddress: addressText(this.#connection.source),
      localAddress: addressText(this.#connection.destination),
      upstreamAddress: host === undefined ? undefined : `${host.address}:${host.port}`,
      serverName: this.#connection.sni,
      flags: this.#flags,
      details: this.#isRefused ? '' : this.#details,
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
      flags: this.#isRefused ? this.#refusalFlags : this.#flags,
      details: this.#details,
      policy: this.#isRefused ? this.#policy : undefined,
    }
  }
}
