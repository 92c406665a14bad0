import { deepEqual } from '../../base/equal.ts'
import type { Clock } from '../../world/clock.ts'
import type { ByteSocket, HostSocket, SocketListener, Sockets } from '../../world/sockets.ts'
import type { Admission, IncomingConnection, RefusedRequest, TlsPlan } from '../exchange/steps.ts'
import type { Workload } from '../registry/workload.ts'
import { CheckCall } from './check-call.ts'
import type { Connector } from './connector.ts'
import { awaitFirstBytes, type FirstBytes } from './first-bytes.ts'
import { Http2ClientConnection } from './http2/client-connection.ts'
import { ClientConnection, type ClientLimits } from './http1/client-connection.ts'
import { HeadScanner } from './http1/head-scanner.ts'
import { responseHeadText } from './http1/head-writer.ts'
import { reasonOf } from './http1/reasons.ts'
import type { Upstreams } from './streams.ts'
import { awaitProxyHeader } from './tcp/await-proxy-header.ts'
import type { SocketAddress } from './tcp/proxy-protocol.ts'
import { runConnection } from './tcp/run-connection.ts'
import { acceptTls, type SecuredConnection } from './tls/accept.ts'
import type { ClientHello } from './tls/client-hello.ts'
import type { MeshTls, ProxyOwner, TerminatePlan } from './tls/mesh-tls.ts'
import type { TimerWheel } from './timer-wheel.ts'
import { Tunnel } from './tunnel/tunnel.ts'
import { carriedProtocol } from './tunnel/tunnel-protocol.ts'

/** What all listeners of a process share. */
export interface ListenerOptions {
  readonly sockets: Sockets
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly tls: MeshTls
  readonly limits: ClientLimits
}

/** One listener: where it is, and what becomes of those who come. Asked anew for each connection. */
export interface ListenerPlan {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly direction: IncomingConnection['direction']
  /** As the cluster knows the address that is listened on. */
  readonly destination: SocketAddress
  /** How the cluster knows an address of this host. */
  clusterAddress(host: string): string
  /** Whose proxy it is. */
  readonly owner: ProxyOwner
  readonly isGateway: boolean
  readonly readsProxyHeader: boolean
  /** How long to wait for a client's first bytes before it is taken for one that lets the server speak first. 0: always wait. */
  readonly firstBytesTimeoutMs: number
  /** Whether what becomes of a connection depends on its first bytes; absent: always. HTTP is told by them in any case. */
  waitsForBytes?(connection: BasicConnection): boolean
  tlsPlan(hello: ClientHello): TlsPlan
  admit(connection: IncomingConnection): Admission
  /** Of the proxy: its connections show its certificate. */
  readonly upstreams: Upstreams
  /** Of another proxy of this process; absent: there is none. */
  upstreamsOf?(proxy: Workload): Upstreams
  readonly connector: Connector
}

/** What becomes of connections that somebody else listens for. */
export type ConnectionPlan = Omit<ListenerPlan, 'host' | 'port'>

export interface OpenListener {
  readonly host: string
  readonly port: number
  /** How many connections there are. */
  readonly size: number
  /** Takes no more connections, lets requests under way finish, and cuts off what is left after so long. */
  close(graceMs: number): Promise<void>
}

/** Opens listeners, and hands each connection to what speaks its protocol. */
export async function openListener(plan: ListenerPlan, options: ListenerOptions): Promise<OpenListener> {
  const arrivals = new Arrivals(plan, options)
  const { host, port } = plan
  const listener = await options.sockets.listen({ host, port, onConnection: (socket) => arrivals.take(socket) })
  return {
    host,
    port: listener.port,
    get size() {
      return arrivals.size
    },
    close: (graceMs) => arrivals.close(listener, graceMs),
  }
}

/** What can be told to finish, or be cut off. */
interface Served {
  drain?(): void
  destroy(): void
}

const PREFERRED_HTTP2: ReadonlySet<string> = new Set(['h2', 'istio-h2', 'h2c'])

/** Connections that come to one address, from their first byte to their last. */
export class Arrivals {
  readonly #plan: ConnectionPlan
  readonly #options: ListenerOptions
  readonly #scanner = new HeadScanner()
  readonly #served = new Map<ByteSocket, Served>()
  #onLast: (() => void) | undefined

  constructor(plan: ConnectionPlan, options: ListenerOptions) {
    this.#plan = plan
    this.#options = options
  }

  get size(): number {
    return this.#served.size
  }

  /** `isDenied`: whether a connection from the same caller would not have been let in by now. */
  take(socket: HostSocket, isDenied: () => boolean = () => false): void {
    this.#served.set(socket, socket)
    socket.on('error', ignoreUntilClosed)
    socket.once('close', () => this.#forget(socket))
    const { direction, destination, readsProxyHeader } = this.#plan
    const address = this.#plan.clusterAddress(socket.remoteAddress ?? '')
    const basic = { direction, destination, source: { address, port: socket.remotePort ?? 0 } }
    if (!readsProxyHeader) return this.#inspect(socket, basic, isDenied)
    awaitProxyHeader(socket, {
      clock: this.#options.clock,
      // Where the client meant to go decides nothing: it is this listener that it came to.
      onKnown: (addresses) => this.#inspect(socket, { ...basic, source: addresses?.source ?? basic.source }, isDenied),
      onGone: () => undefined,
    })
  }

  async close(listener: SocketListener, graceMs: number): Promise<void> {
    await listener.close()
    if (this.#served.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onLast = resolve
    for (const served of this.#served.values()) served.drain?.()
    const timer = this.#options.clock.schedule(graceMs, () => {
      for (const served of this.#served.values()) served.destroy()
    })
    await promise
    timer.cancel()
  }

  #inspect(socket: HostSocket, basic: BasicConnection, isDenied: () => boolean): void {
    if (this.#plan.waitsForBytes?.(basic) === false) {
      // The server may be the one to speak first.
      const connection: IncomingConnection = { ...basic, tls: 'plaintext' }
      const admission = this.#plan.admit(connection)
      if (admission.kind === 'tcp') return this.#pipe(socket, connection, admission)
    }
    awaitFirstBytes(socket, {
      clock: this.#options.clock,
      timeoutMs: this.#plan.firstBytesTimeoutMs,
      onKnown: (first) => this.#onKnown(socket, basic, { first, isDenied }),
      onGone: () => undefined,
    })
  }

  #onKnown(
    socket: HostSocket,
    basic: BasicConnection,
    { first, isDenied }: { readonly first: FirstBytes; readonly isDenied: () => boolean },
  ): void {
    if (first.kind === 'plain') {
      const { alpn } = first
      return this.#serve(socket, { ...basic, tls: 'plaintext', ...(alpn && { alpn }) }, alpn === 'h2c')
    }
    const { hello } = first
    const plan = this.#plan.tlsPlan(hello)
    if (plan.kind !== 'terminate') {
      const { serverName, alpn } = hello
      const offered = { ...(serverName !== undefined && { sni: serverName }), ...(alpn[0] && { alpn: alpn[0] }) }
      const connection: IncomingConnection = { ...basic, tls: 'tls', ...offered }
      if (plan.kind === 'passthrough') return this.#serve(socket, connection, false)
      const admission = this.#plan.admit(connection)
      if (admission.kind === 'refuse') admission.tell?.(this.#options.clock.now())
      return reset(socket)
    }
    acceptTls(this.#options.tls, socket, {
      plan,
      hello,
      owner: this.#plan.owner,
      isGateway: this.#plan.isGateway,
      onSecured: (secure, connection) => {
        const carried = carriedProtocol(connection.alpn)
        if (carried === undefined) this.#onSecured(secure, { ...basic, ...connection })
        else this.#carry(secure, { ...basic, ...connection, alpn: carried }, { hello, plan, isDenied })
      },
      onRefused: () => undefined,
    })
  }

  /** Connections that share a tunnel are judged one by one, as if each had come by itself. */
  #carry(
    socket: ByteSocket,
    connection: BasicConnection & SecuredConnection,
    made: { readonly hello: ClientHello; readonly plan: TerminatePlan; readonly isDenied: () => boolean },
  ): void {
    const { hello, plan, isDenied } = made
    const { owner } = this.#plan
    const tunnel: Tunnel = new Tunnel(socket, {
      sockets: this.#options.sockets,
      onConnection: (carried) => {
        const now = this.#plan.tlsPlan(hello)
        const isMutual = connection.tls === 'mtls'
        const isWelcome = now.kind === 'terminate' && (isMutual || now.clientCertificate !== 'required')
        if (!isWelcome || isDenied() || !isSameOwner(owner, this.#plan.owner)) {
          tunnel.retire()
          carried.resetAndDestroy()
          return
        }
        if (!deepEqual(now, plan)) tunnel.retire()
        this.#onSecured(carried, connection)
      },
      onClosed: () => this.#forget(socket),
    })
    this.#served.set(socket, { drain: () => tunnel.retire(), destroy: () => tunnel.destroy() })
    if (this.#onLast !== undefined) tunnel.retire()
  }

  /** Where TLS has not settled it, what is spoken inside is told by its own first bytes. */
  #onSecured(socket: ByteSocket, connection: BasicConnection & SecuredConnection): void {
    this.#served.set(socket, socket)
    socket.on('error', ignoreUntilClosed)
    socket.once('close', () => this.#forget(socket))
    if (connection.alpn !== undefined && PREFERRED_HTTP2.has(connection.alpn)) {
      return this.#serve(socket, connection, true)
    }
    awaitFirstBytes(socket, {
      clock: this.#options.clock,
      timeoutMs: this.#plan.firstBytesTimeoutMs,
      onKnown: (first) => {
        const spoken = first.kind === 'plain' ? first.alpn : undefined
        const alpn = connection.alpn ?? spoken
        this.#serve(socket, { ...connection, ...(alpn && { alpn }) }, spoken === 'h2c')
      },
      onGone: () => undefined,
    })
  }

  #serve(socket: ByteSocket, connection: IncomingConnection, isHttp2: boolean): void {
    const admission = this.#plan.admit(connection)
    switch (admission.kind) {
      case 'refuse':
        admission.tell?.(this.#options.clock.now())
        return admission.reason === 'protocol-error' ? refuseAsHttp(socket, this.#options.clock) : reset(socket)
      case 'tcp':
        return this.#pipe(socket, connection, admission)
      case 'http':
        return this.#converse(socket, connection, { admission, isHttp2 })
    }
  }

  #pipe(
    socket: ByteSocket,
    { source, destination }: IncomingConnection,
    admission: Extract<Admission, { kind: 'tcp' }>,
  ): void {
    const { connector } = this.#plan
    const { clock, wheel } = this.#options
    // The run listens itself for what ends the connection.
    socket.off('error', ignoreUntilClosed)
    const run = runConnection(admission.exchange(), {
      client: socket,
      addresses: { source, destination },
      connector,
      clock,
      ask: (step, tell) => new CheckCall(step, { wheel, upstreams: this.#upstreamsOf(step.asker) }, tell),
    })
    this.#served.set(socket, { destroy: () => run.close() })
  }

  #converse(
    socket: ByteSocket,
    { tls }: IncomingConnection,
    { admission, isHttp2 }: { readonly admission: Extract<Admission, { kind: 'http' }>; readonly isHttp2: boolean },
  ): void {
    const { clock, wheel, limits, sockets } = this.#options
    const { upstreams } = this.#plan
    const scheme = tls === 'plaintext' ? 'http' : 'https'
    const context = {
      clock,
      wheel,
      limits,
      upstreams,
      upstreamsOf: (proxy: Workload) => this.#upstreamsOf(proxy),
      sockets,
      scanner: this.#scanner,
      onClosed: () => this.#forget(socket),
      onRefused: (refused: RefusedRequest) => admission.refused?.(refused, clock.now()),
    }
    const Connection = isHttp2 ? Http2ClientConnection : ClientConnection
    const connection = new Connection(socket, { scheme, exchange: (request) => admission.exchange(request) }, context)
    this.#served.set(socket, connection)
    connection.start()
    if (this.#onLast !== undefined) connection.drain()
  }

  #upstreamsOf(proxy: Workload): Upstreams {
    return this.#plan.upstreamsOf?.(proxy) ?? this.#plan.upstreams
  }

  #forget(socket: ByteSocket): void {
    this.#served.delete(socket)
    if (this.#served.size === 0) this.#onLast?.()
  }
}

function isSameOwner(a: ProxyOwner, b: ProxyOwner): boolean {
  return a.namespace === b.namespace && a.serviceAccount === b.serviceAccount
}

type BasicConnection = Pick<IncomingConnection, 'direction' | 'destination' | 'source'>

/** How long a client that was refused may take to go. */
const LINGER_MS = 1_000

/** `close` follows, and is what counts. */
function ignoreUntilClosed(): void {}

/** As a listener does that has no filter chain: what the client has sent is not taken. */
function reset(socket: ByteSocket): void {
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}

/** A listener that reads HTTP says so to who sends something else: bytes, or TLS that nobody ends there. */
function refuseAsHttp(socket: ByteSocket, clock: Clock): void {
  const body = reasonOf(400)
  const headers = ['content-length', String(body.length), 'content-type', 'text/plain']
  socket.end(responseHeadText(400, headers, { connection: 'close', isChunked: false }) + body, 'latin1')
  socket.resume()
  const timer = clock.schedule(LINGER_MS, () => socket.destroy())
  socket.once('close', () => timer.cancel())
}

/** Requests go by the version of HTTP that their cluster asks for. */
export function upstreamsByProtocol(options: { readonly http1: Upstreams; readonly http2: Upstreams }): Upstreams {
  const { http1, http2 } = options
  return {
    open: (target, hasBody, reader) =>
      (target.upstream.protocol === 'http2' ? http2 : http1).open(target, hasBody, reader),
  }
}
