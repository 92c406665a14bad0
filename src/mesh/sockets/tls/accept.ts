import { messageOf } from '../../../base/message-of.ts'
import type { HostSocket, TlsSocket } from '../../../world/sockets.ts'
import type { IncomingConnection } from '../../exchange/steps.ts'
import { peerNamed } from '../../identity/verify-peer.ts'
import { tunnelProtocol } from '../tunnel/tunnel-protocol.ts'
import type { ClientHello } from './client-hello.ts'
import { type MeshTls, OWN_CERTIFICATE, type ProxyOwner, type TerminatePlan } from './mesh-tls.ts'
import { forwardedText, hasAnyHash, hasAnyName, peerCertificate } from './peer-certificate.ts'

/** What is known of a connection once its TLS stands. */
export type SecuredConnection = Pick<IncomingConnection, 'tls' | 'sni' | 'alpn' | 'peerPrincipal' | 'peerCertificate'>

export interface AcceptOptions {
  readonly plan: TerminatePlan
  readonly hello: ClientHello
  readonly owner: ProxyOwner
  /** Gateways pass the client's certificate on, whole (istio/istio pilot/pkg/networking/core/gateway.go). */
  readonly isGateway?: boolean
  onSecured(socket: TlsSocket, connection: SecuredConnection): void
  /** The socket is closed already, or about to be. */
  onRefused(reason: string): void
}

/** A client that says nothing more is not waited for: Istio gives a listener's transport socket so long. */
const HANDSHAKE_TIMEOUT_MS = 15_000

/**
 * Goes on in TLS as the server of a connection whose first message was read and put back. Tells once what became of it.
 */
export function acceptTls(tls: MeshTls, socket: HostSocket, options: AcceptOptions): void {
  const { plan, hello, owner, onSecured, onRefused } = options
  const { sockets, clock } = tls.options
  let isOver = false
  let secure: TlsSocket | undefined
  const refuse = (reason: string): void => {
    if (isOver) return
    isOver = true
    timer.cancel()
    const given = secure ?? socket
    given.destroy()
    onRefused(reason)
  }
  const timer = clock.schedule(HANDSHAKE_TIMEOUT_MS, () => refuse('handshake timed out'))
  try {
    const alpn = protocolsFor(hello, plan)
    secure = sockets.acceptTls(socket, {
      context: tls.serverContext(plan, owner),
      // A client that shares no protocol is not refused: it is served as one that named none.
      ...(alpn.length > 0 && { alpn }),
      asksForCertificate: plan.clientCertificate !== 'none',
      demandsCertificate: plan.clientCertificate === 'required',
    })
  } catch (failure) {
    refuse(messageOf(failure))
    return
  }
  const accepted = secure
  const onEarlyEnd = (): void => refuse('connection closed in the handshake')
  const onError = (error: Error): void => refuse(error.message)
  accepted.on('error', onError)
  accepted.once('close', onEarlyEnd)
  accepted.once('secure', () => {
    if (isOver) return
    const judged = judge(tls, accepted, options)
    if (typeof judged === 'string') {
      refuse(judged)
      return
    }
    isOver = true
    timer.cancel()
    accepted.off('error', onError)
    accepted.off('close', onEarlyEnd)
    onSecured(accepted, judged)
  })
}

/** What is offered to a client, the preferred first: tunnels to proxies of the mesh alone, that ask for them. */
function protocolsFor(hello: ClientHello, plan: TerminatePlan): readonly string[] {
  const shared = plan.alpn.filter((protocol) => hello.alpn.includes(protocol))
  if (plan.certificate !== OWN_CERTIFICATE) return shared
  return [...shared.map(tunnelProtocol).filter((protocol) => hello.alpn.includes(protocol)), ...shared]
}

/** Who the client is, or why it is not let in. */
function judge(tls: MeshTls, secure: TlsSocket, options: AcceptOptions): SecuredConnection | string {
  const { plan, hello, owner, isGateway = false } = options
  const { identities, clock } = tls.options
  const { alpnProtocol } = secure
  const known: SecuredConnection = {
    tls: 'tls',
    ...(hello.serverName !== undefined && { sni: hello.serverName }),
    ...(typeof alpnProtocol === 'string' && { alpn: alpnProtocol }),
  }
  if (plan.clientCertificate === 'none') return known
  const x509 = secure.getPeerX509Certificate()
  if (x509 === undefined) return plan.clientCertificate === 'required' ? 'no client certificate' : known
  const peer = peerCertificate(x509)
  const { acceptsUntrusted = false, subjectAltNames: names = [] } = plan.limits ?? {}
  if (peer === undefined) return 'client certificate is not vouched for'
  if (!acceptsUntrusted && !secure.authorized) return refusalOf(secure.authorizationError)
  if (!acceptsUntrusted && clock.now() > peer.read.notAfterMs) return 'client certificate has expired'
  const isOwn = plan.certificate === OWN_CERTIFICATE
  if (names.length > 0 && !hasAnyName(peer.read, names)) return 'client certificate has none of the names asked for'
  if (!hasAnyHash(peer, plan.limits ?? {})) return 'client certificate is none of those that are let in'
  if (isOwn) {
    const { problem } = peerNamed(peer.read, identities.bundle)
    if (problem !== undefined) return problem
  }
  const [uri] = peer.read.uris
  // Sidecars say themselves by whom it was verified.
  const text = forwardedText(peer, isGateway)
  return {
    ...known,
    tls: 'mtls',
    ...(uri !== undefined && { peerPrincipal: uri.replace('spiffe://', '') }),
    peerCertificate: isGateway && isOwn ? `By=${identities.certificate(owner).uri};${text}` : text,
  }
}

function refusalOf(error: unknown): string {
  return String(error) === 'CERT_REVOKED' ? 'client certificate was revoked' : 'client certificate is not vouched for'
}
