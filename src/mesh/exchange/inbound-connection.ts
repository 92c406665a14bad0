import { principalOf } from '../registry/workload.ts'
import { Asking, type AskingOutcome } from './checks/asking.ts'
import { hopOf } from './fused-hop.ts'
import { guardedConnection } from './guard.ts'
import type { InboundPort } from './inbound-port.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { IDLE_TIMEOUT_MS } from './outbound-connection.ts'
import { addressText, knownCaller, serviceNamed } from './parties.ts'
import type { ConnectionRecord } from './records.ts'
import type { IncomingConnection, TcpEnded, TcpExchange, TcpHappened, TcpStep } from './steps.ts'

const CLOSE: TcpStep = { kind: 'close' }

/** Bytes that reached the proxy of the workload they are for, over a wire. */
export class InboundConnection implements TcpExchange {
  readonly #proxy: ExchangeProxy
  readonly #connection: IncomingConnection
  #phase: 'new' | 'asking' | 'connecting' | 'open' | 'final' | 'ended' = 'new'
  #step: TcpStep = CLOSE
  #port: InboundPort | undefined
  #asking: Asking | undefined
  #startMs = 0
  #policy: string | undefined
  #details = ''
  #transportFailure: string | undefined
  readonly #flags: string[] = []

  constructor(proxy: ExchangeProxy, connection: IncomingConnection) {
    this.#proxy = proxy
    this.#connection = connection
  }

  start(now: number): TcpStep {
    if (this.#phase !== 'new') return this.#step
    this.#startMs = now
    this.#step = this.#receive(now)
    return this.#step
  }

  on(happened: TcpHappened, now: number): TcpStep {
    if (this.#phase === 'asking') this.#step = this.#asked(happened, now)
    else if (this.#phase === 'connecting') this.#step = this.#heard(happened, now)
    return this.#step
  }

  #heard(happened: TcpHappened, now: number): TcpStep {
    switch (happened.kind) {
      case 'client-gone':
        return this.#close('DC')
      case 'failed':
        this.#transportFailure = happened.reason
        return this.#close('UF', 'URX')
      case 'connected':
        this.#phase = 'open'
        this.#proxy.mesh.observer?.connectionOpened?.(
          this.#record({ how: 'complete', receivedBytes: 0, sentBytes: 0 }, now),
        )
        return { kind: 'pipe', idleTimeoutMs: IDLE_TIMEOUT_MS }
      case 'checked':
      case 'waited':
        return this.#step
    }
  }

  ended(ended: TcpEnded, now: number): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#proxy.mesh.observer?.connection(this.#record(ended, now))
  }

  #receive(now: number): TcpStep {
    const connection = this.#connection
    const proxy = this.#proxy
    const { address, port: number } = connection.destination
    const port = proxy.inboundPort(address, number)
    this.#port = port
    const { guard } = port
    if (guard === undefined) return this.#connect(port)
    const guarded = guardedConnection(connection, undefined)
    this.#asking = new Asking({ proxy, guard, connection, guarded, request: undefined, checksDeep: 0, hopOf })
    return this.#entered(port, this.#asking.start(now))
  }

  #asked(happened: TcpHappened, now: number): TcpStep {
    const port = this.#port
    const asking = this.#asking
    if (happened.kind === 'connected' || port === undefined || asking === undefined) return this.#step
    if (happened.kind !== 'client-gone') return this.#entered(port, asking.on(happened, now))
    asking.drop(now)
    return this.#close('DC')
  }

  #entered(port: InboundPort, outcome: AskingOutcome): TcpStep {
    switch (outcome.kind) {
      case 'passed':
        return this.#connect(port)
      case 'refused':
        this.#policy = outcome.policy
        this.#details = outcome.flags.length === 0 ? '' : outcome.reply.details
        return this.#close(...outcome.flags)
      case 'gather':
        return this.#close()
      default:
        this.#phase = 'asking'
        return outcome
    }
  }

  #connect(port: InboundPort): TcpStep {
    this.#phase = 'connecting'
    const upstream = port.wayFor('http1')
    return { kind: 'connect', endpoint: port.host, upstream, timeoutMs: upstream.connectTimeoutMs }
  }

  #close(...flags: readonly string[]): TcpStep {
    this.#flags.push(...flags)
    this.#phase = 'final'
    return CLOSE
  }

  #record({ receivedBytes, sentBytes }: TcpEnded, now: number): ConnectionRecord {
    const { workload, mesh } = this.#proxy
    const { peerPrincipal, tls, sni } = this.#connection
    const isMutualTls = tls === 'mtls'
    const port = this.#port
    return {
      kind: 'tcp',
      reporter: 'destination',
      proxy: workload,
      source: knownCaller(this.#connection, mesh),
      destination: workload,
      sourcePrincipal: isMutualTls ? peerPrincipal : undefined,
      destinationPrincipal: isMutualTls ? principalOf(workload) : undefined,
      service: serviceNamed(port?.service),
      cluster: port?.cluster ?? '',
      routeName: '',
      isMutualTls,
      downstreamAddress: addressText(this.#connection.source),
      localAddress: addressText(this.#connection.destination),
      upstreamAddress: port === undefined ? undefined : `${port.host.address}:${port.host.port}`,
      serverName: sni,
      flags: this.#flags,
      details: this.#details,
      transportFailure: this.#transportFailure,
      policy: this.#policy,
      startMs: this.#startMs,
      endMs: now,
      receivedBytes,
      sentBytes,
    }
  }
}
