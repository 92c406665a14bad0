import { messageOf } from '../../../base/message-of.ts'
import type { TlsContext, TlsSocket } from '../../../world/sockets.ts'
import type { Endpoint, UpstreamOptions } from '../../exchange/steps.ts'
import { peerNamed } from '../../identity/verify-peer.ts'
import { connectReason } from '../connect-reason.ts'
import { type Connecting, type Connector, type ConnectWaiting, type Locate, plainConnector } from '../connector.ts'
import type { MeshTls, ProxyOwner } from './mesh-tls.ts'
import { hasAnyName, type PeerCertificate, peerCertificate } from './peer-certificate.ts'

/** How Envoy tells that it did not believe a server's certificate, in answers and logs, behind `TLS_error:`. */
const VERIFY_FAILED = '|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED'
/** As many endpoints as are spoken to in turn; for others the next handshake is a full one. */
const SESSIONS_MAX = 1_024

/** What shortens the next handshake with an endpoint. Node does not show the certificate again, so it is kept beside. */
interface KeptSession {
  readonly context: TlsContext
  readonly session: Buffer
  readonly peer: PeerCertificate
}

/** Connections of one proxy to endpoints, plain or in TLS as the cluster demands. */
export function meshConnector(
  tls: MeshTls,
  options: { readonly owner: ProxyOwner; readonly locate: Locate },
): Connector {
  const plain = plainConnector(tls.options.sockets, options.locate)
  const sessions = new Map<string, KeptSession>()
  return {
    connect(endpoint, upstream, waiting) {
      if (upstream.transport === 'plaintext') return plain.connect(endpoint, upstream, waiting)
      return new TlsConnecting(tls, { ...options, sessions, endpoint, upstream, waiting })
    },
  }
}

interface TlsConnectingOptions {
  readonly owner: ProxyOwner
  readonly locate: Locate
  readonly sessions: Map<string, KeptSession>
  readonly endpoint: Endpoint
  readonly upstream: UpstreamOptions
  readonly waiting: ConnectWaiting
}

/** One attempt at a connection. */
class TlsConnecting implements Connecting {
  readonly #tls: MeshTls
  readonly #options: TlsConnectingOptions
  readonly #sessionKey: string
  #socket: TlsSocket | undefined
  #isOver = false

  constructor(tls: MeshTls, options: TlsConnectingOptions) {
    this.#tls = tls
    this.#options = options
    const { endpoint, upstream } = options
    this.#sessionKey = `${endpoint.address}:${endpoint.port} ${upstream.cluster} ${upstream.tls?.sni}`
    this.#start()
  }

  cancel(): void {
    this.#isOver = true
    this.#socket?.destroy()
  }

  #start(): void {
    const { owner, locate, endpoint, upstream, sessions } = this.#options
    const { sockets, clock } = this.#tls.options
    let context: TlsContext
    try {
      context = this.#tls.clientContext(upstream, owner)
    } catch (failure) {
      // A Secret is missing. Nobody may be told before `connect` has returned.
      clock.schedule(0, () => this.#fail('tls', messageOf(failure)))
      return
    }
    const kept = sessions.get(this.#sessionKey)
    const usable = kept?.context === context ? kept : undefined
    const { preamble } = this.#options.waiting
    const where = locate(endpoint)
    const raw = preamble === undefined ? undefined : sockets.connect(where)
    if (preamble !== undefined) raw?.write(preamble)
    const socket = sockets.connectTls({
      ...where,
      context,
      ...(raw && { socket: raw }),
      ...(upstream.tls && { serverName: upstream.tls.sni, alpn: upstream.tls.alpn }),
      ...(usable && { session: usable.session }),
    })
    this.#socket = socket
    let isConnected = false
    let peer: PeerCertificate | undefined
    let session: Buffer | undefined
    const keep = (): void => {
      if (peer !== undefined && session !== undefined) this.#keep({ context, session, peer })
    }
    // TLS 1.2 tells of it before the handshake has ended, TLS 1.3 some time after.
    socket.on('session', (given: Buffer) => {
      session = given
      keep()
    })
    const onError = (error: Error): void =>
      isConnected ? this.#fail('tls', error.message) : this.#fail('connect', connectReason(error))
    const onClose = (): void => this.#fail(isConnected ? 'tls' : 'connect', 'connection closed in the handshake')
    socket.on('error', onError)
    socket.once('close', onClose)
    socket.once('connect', () => (isConnected = true))
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()
      const named = shown === undefined && socket.isSessionReused() ? usable?.peer : shown && peerCertificate(shown)
      const problem = this.#problemOf(socket, named)
      if (problem !== undefined) {
        sessions.delete(this.#sessionKey)
        this.#fail('tls', `${VERIFY_FAILED}:${problem}:TLS_error_end`)
        return
      }
      if (this.#isOver) return
      this.#isOver = true
      socket.off('error', onError)
      socket.off('close', onClose)
      peer = named
      keep()
      const { alpnProtocol } = socket
      this.#options.waiting.onConnected(socket, typeof alpnProtocol === 'string' ? alpnProtocol : undefined)
    })
  }

  #fail(how: 'connect' | 'tls', reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket?.destroy()
    this.#options.waiting.onFailed(how, reason)
  }

  #keep(session: KeptSession): void {
    const { sessions } = this.#options
    sessions.delete(this.#sessionKey)
    sessions.set(this.#sessionKey, session)
    for (const oldest of sessions.keys()) {
      if (sessions.size <= SESSIONS_MAX) break
      sessions.delete(oldest)
    }
  }

  /** Why the server is not who it should be; `undefined` when it is. */
  #problemOf(socket: TlsSocket, peer: PeerCertificate | undefined): string | undefined {
    const { upstream } = this.#options
    const { identities, clock } = this.#tls.options
    if (upstream.tls?.skipsVerification === true) return undefined
    if (!socket.authorized) return String(socket.authorizationError)
    if (peer === undefined) return 'no certificate'
    if (clock.now() > peer.read.notAfterMs) return 'certificate has expired'
    if (upstream.transport === 'mtls') {
      const { problem } = peerNamed(peer.read, identities.bundle)
      if (problem !== undefined) return problem
    }
    const names = upstream.tls?.subjectAltNames ?? []
    return names.length > 0 && !hasAnyName(peer.read, names) ? 'SAN matcher' : undefined
  }
}
