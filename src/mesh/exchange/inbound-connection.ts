import { principalOf } from '../registry/workload.ts'
import { guardedConnection } from './guard.ts'
import type { InboundPort } from './inbound-port.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { IDLE_TIMEOUT_MS } from './outbound-connection.ts'
import { addressesOf, serviceNamed } from './parties.ts'
import type { ConnectionRecord, IncomingConnection, TcpEnded, TcpExchange, TcpHappened, TcpStep } from './steps.ts'

const CLOSE: TcpStep = { kind: 'close' }

/** Bytes that reached the proxy of the workload they are for, over a wire. */
export class InboundConnection implements TcpExchange {
  readonly #proxy: ExchangeProxy
  readonly #connection: IncomingConnection
  #phase: 'new' | 'connecting' | 'open' | 'final' | 'ended' = 'new'
  #step: TcpStep = CLOSE
  #port: InboundPort | undefined
  #startMs = 0
  #policy: string | undefined
  #transportFailure: string | undefined
  readonly #flags: string[] = []

  constructor(proxy: ExchangeProxy, connection: IncomingConnection) {
    this.#proxy = proxy
    this.#connection = connection
  }

  start(now: number): TcpStep {
    if (this.#phase !== 'new') return this.#step
    this.#startMs = now
    this.#step = this.#connect()
    return this.#step
  }

  on(happened: TcpHappened, now: number): TcpStep {
    if (this.#phase !== 'connecting') return this.#step
    if (happened.kind === 'connected') {
      this.#phase = 'open'
      this.#step = { kind: 'pipe', idleTimeoutMs: IDLE_TIMEOUT_MS }
      this.#proxy.mesh.observer?.connectionOpened?.(
        this.#record({ how: 'complete', receivedBytes: 0, sentBytes: 0 }, now),
      )
      return this.#step
    }
    if (happened.kind === 'failed') this.#transportFailure = happened.reason
    this.#flags.push(happened.kind === 'failed' ? 'UF' : 'DC')
    this.#phase = 'final'
    this.#step = CLOSE
    return CLOSE
  }

  ended(ended: TcpEnded, now: number): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#proxy.mesh.observer?.connection(this.#record(ended, now))
  }

  #connect(): TcpStep {
    const { destination } = this.#connection
    const port = this.#proxy.inboundPort(destination.address, destination.port)
    this.#port = port
    const verdict = port.guard?.connection(guardedConnection(this.#connection, undefined))
    if (verdict?.allowed === false) {
      this.#policy = verdict.policy
      this.#phase = 'final'
      return CLOSE
    }
    this.#phase = 'connecting'
    const upstream = port.wayFor('http1')
    return { kind: 'connect', endpoint: port.host, upstream, timeoutMs: upstream.connectTimeoutMs }
  }

  #record({ receivedBytes, sentBytes }: TcpEnded, now: number): ConnectionRecord {
    const { workload, mesh } = this.#proxy
    const { source, peerPrincipal, tls, client, sni } = this.#connection
    const isMutualTls = tls === 'mtls'
    const port = this.#port
    return {
      kind: 'tcp',
      reporter: 'destination',
      proxy: workload,
      source: client ?? mesh.workloadAt(source.address),
      destination: workload,
      sourcePrincipal: isMutualTls ? peerPrincipal : undefined,
      destinationPrincipal: isMutualTls ? principalOf(workload) : undefined,
      service: serviceNamed(port?.service),
      cluster: port?.cluster ?? '',
      routeName: '',
      isMutualTls,
      ...addressesOf(this.#connection),
      upstreamAddress: port === undefined ? undefined : `${port.host.address}:${port.host.port}`,
      serverName: sni,
      flags: this.#flags,
      details: '',
      transportFailure: this.#transportFailure,
      policy: this.#policy,
      startMs: this.#startMs,
      endMs: now,
      receivedBytes,
      sentBytes,
    }
  }
}
