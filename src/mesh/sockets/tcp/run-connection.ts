import type { Clock, Timer } from '../../../world/clock.ts'
import type { ByteSocket } from '../../../world/sockets.ts'
import type { CheckStep, QueueStep, TcpEnded, TcpExchange, TcpHappened, TcpStep } from '../../exchange/steps.ts'
import type { CheckOutcome } from '../check-call.ts'
import type { Connecting, Connector } from '../connector.ts'
import { joinSockets } from './joined-sockets.ts'
import { type ProxiedAddresses, proxyHeader } from './proxy-protocol.ts'

export interface ConnectionOptions {
  /** Paused; what was read of it is put back. */
  readonly client: ByteSocket
  /** As a PROXY header would tell them. */
  readonly addresses: ProxiedAddresses
  readonly connector: Connector
  readonly clock: Clock
  /** Asks those who have to agree; an exchange that never asks needs none. */
  readonly ask?: (step: CheckStep, tell: (outcome: CheckOutcome) => void) => { drop(): void }
}

/** Carries one connection of bytes as its exchange says. */
export function runConnection(exchange: TcpExchange, options: ConnectionOptions): ConnectionRun {
  return new ConnectionRun(exchange, options)
}

/** Open until its exchange has been told of its end. */
export class ConnectionRun {
  readonly #exchange: TcpExchange
  readonly #options: ConnectionOptions
  #server: ByteSocket | undefined
  #connecting: Connecting | undefined
  #check: { drop(): void } | undefined
  #timer: Timer | undefined
  /** What the exchange waits for has not happened yet. */
  #isWaiting = false
  #isOver = false

  constructor(exchange: TcpExchange, options: ConnectionOptions) {
    this.#exchange = exchange
    this.#options = options
    const { client, clock } = options
    client.on('error', this.#onClientGone)
    client.on('close', this.#onClientGone)
    this.#take(exchange.start(clock.now()))
  }

  /** Closes both sides at once, as a listener does whose time to drain is up. */
  close(): void {
    this.#options.client.destroy()
  }

  readonly #onClientGone = (): void => {
    if (!this.#isWaiting) return
    this.#connecting?.cancel()
    this.#check?.drop()
    this.#tell({ kind: 'client-gone' })
  }

  #tell(happened: TcpHappened): void {
    this.#isWaiting = false
    this.#connecting = undefined
    this.#check = undefined
    this.#timer?.cancel()
    this.#take(this.#exchange.on(happened, this.#options.clock.now()))
  }

  #take(step: TcpStep): void {
    switch (step.kind) {
      case 'connect':
        this.#connect(step)
        break
      case 'check':
        this.#ask(step)
        break
      case 'queue':
        this.#queue(step)
        break
      case 'wait':
        this.#isWaiting = true
        this.#timer = this.#options.clock.schedule(step.ms, () => this.#tell({ kind: 'waited' }))
        break
      case 'pipe':
        this.#pipe(step.idleTimeoutMs)
        break
      case 'close':
        this.#options.client.destroy()
        this.#server?.destroy()
        this.#end({ how: 'upstream-gone', receivedBytes: 0, sentBytes: 0 })
    }
  }

  #ask(step: CheckStep): void {
    const { ask } = this.#options
    if (ask === undefined) throw new Error('nobody can be asked about this connection')
    this.#isWaiting = true
    this.#check = ask(step, (outcome) => this.#tell(outcome))
  }

  /** Who is asked has a proxy that lets nobody in just now. */
  #queue({ turn, timeoutMs }: QueueStep): void {
    this.#isWaiting = true
    turn.onTurn(() => this.#tell({ kind: 'waited' }))
    if (timeoutMs === 0) return
    this.#timer = this.#options.clock.schedule(timeoutMs, () => this.#tell({ kind: 'failed', how: 'timeout' }))
  }

  #connect({ endpoint, upstream, timeoutMs }: Extract<TcpStep, { kind: 'connect' }>): void {
    const { connector, clock, addresses } = this.#options
    this.#isWaiting = true
    if (timeoutMs > 0) {
      this.#timer = clock.schedule(timeoutMs, () => {
        this.#connecting?.cancel()
        this.#tell({ kind: 'failed', how: 'connect-timeout', reason: 'connection timed out' })
      })
    }
    const { proxyProtocol } = upstream
    this.#connecting = connector.connect(endpoint, upstream, {
      ...(proxyProtocol && { preamble: proxyHeader(proxyProtocol, addresses) }),
      onConnected: (socket) => {
        this.#server = socket
        this.#tell({ kind: 'connected' })
      },
      onFailed: (how, reason) => this.#tell({ kind: 'failed', how, reason }),
    })
  }

  #pipe(idleTimeoutMs: number): void {
    const { client, clock } = this.#options
    const server = this.#server
    if (server === undefined) throw new Error('an exchange pipes only what it has connected')
    client.off('error', this.#onClientGone)
    client.off('close', this.#onClientGone)
    joinSockets({ client, server, clock, idleTimeoutMs, onEnded: (ended) => this.#end(ended) })
  }

  #end(ended: TcpEnded): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#exchange.ended(ended, this.#options.clock.now())
  }
}
