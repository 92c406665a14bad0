import { type AddressInfo, connect, createServer, isIP } from 'node:net'
import {
  connect as connectTls,
  type ConnectionOptions,
  createSecureContext,
  DEFAULT_CIPHERS,
  TLSSocket,
  type TLSSocketOptions,
} from 'node:tls'
import { type GatheredWriter, WriteGathering } from './gathered-writer.ts'
import { acceptedInPlace, readInPlace, readingInPlace } from './in-place-reads.ts'
import type { Http2ClientOptions, Http2ClientSession, Http2ServerOptions, Http2ServerSession } from './http2.ts'
import { acceptHttp2, openHttp2 } from './real-http2.ts'
import { PLAIN_READS, TLS_READS } from './read-buffer.ts'
import type {
  ByteSocket,
  CarriedSocket,
  HostSocket,
  SocketConnectOptions,
  SocketListener,
  SocketListenOptions,
  Sockets,
  TlsAcceptOptions,
  TlsCertificates,
  TlsConnectOptions,
  TlsContext,
  TlsSocket,
} from './sockets.ts'

/** Connections that the system holds until they are taken: bursts of thousands arrive at once. */
const BACKLOG = 4_096

/** What is spoken in TLS 1.3 is nobody's choice; the cheapest first, as other proxies have it. */
const TLS_1_3_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
const OLDER_SUITES = DEFAULT_CIPHERS.split(':').filter((name) => !name.startsWith('TLS_'))

/** The host's TCP and TLS. */
export class RealSockets implements Sockets {
  readonly #gathering = new WriteGathering()

  async listen({ host, port, onConnection }: SocketListenOptions): Promise<SocketListener> {
    const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (accepted) =>
      onConnection(acceptedInPlace(accepted)),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', reject)
        // From now on it tells of connections that could not be taken, for want of descriptors; those who made them are told.
        server.on('error', () => undefined)
        resolve()
      })
    })
    return {
      host,
      port: (server.address() as AddressInfo).port,
      // A server counts as closed only after its last connection, for which nobody here waits.
      close: () => {
        server.close()
        return Promise.resolve()
      },
    }
  }

  connect({ host, port, localAddress }: SocketConnectOptions): HostSocket {
    const where = { host, port, ...(localAddress && { localAddress }) }
    return readingInPlace(PLAIN_READS, (onread) => connect({ ...where, noDelay: true, allowHalfOpen: true, onread }))
  }

  readInPlace(socket: ByteSocket, onBytes: (bytes: Buffer) => void): void {
    if (isCarried(socket)) socket.readInPlace(onBytes)
    else readInPlace(socket, onBytes)
  }

  gatheredWriter(socket: ByteSocket): GatheredWriter {
    return isCarried(socket) ? socket.gatheredWriter() : this.#gathering.writer(socket)
  }

  connectTls(options: TlsConnectOptions): TlsSocket {
    const { host, port, context, serverName, alpn, socket, session, localAddress } = options
    const tlsOptions: ConnectionOptions = {
      ...(socket === undefined ? { host, port, ...(localAddress && { localAddress }) } : { socket }),
      secureContext: context,
      // The caller looks at the certificate: names in a mesh are no host names.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(serverName !== undefined && isIP(serverName) === 0 && { servername: serverName }),
      ...(alpn && { ALPNProtocols: [...alpn] }),
      ...(session && { session }),
    }
    // Node's types do not know of `onread` here, nor below: both hand it on to the socket that they are.
    const tlsSocket = readingInPlace(TLS_READS, (onread) => connectTls({ ...tlsOptions, onread } as ConnectionOptions))
    tlsSocket.allowHalfOpen = true
    tlsSocket.setNoDelay(true)
    return tlsSocket
  }

  acceptTls(socket: HostSocket, options: TlsAcceptOptions): TlsSocket {
    const { context, alpn, asksForCertificate, demandsCertificate = false } = options
    const tlsOptions = {
      isServer: true,
      secureContext: context,
      requestCert: asksForCertificate,
      // OpenSSL then tells a client without a certificate so; what it thinks of one that there is, Node leaves to us.
      rejectUnauthorized: demandsCertificate,
      ...(alpn && { ALPNProtocols: [...alpn] }),
    }
    const tlsSocket = readingInPlace(
      TLS_READS,
      (onread) => new TLSSocket(socket, { ...tlsOptions, onread } as TLSSocketOptions),
    )
    tlsSocket.once('secure', () => {
      if (asksForCertificate) noteVerdict(tlsSocket)
      // Node clears it for its own servers alone, and HTTP/2 would wait for that for ever.
      Object.assign(tlsSocket, { secureConnecting: false })
    })
    return tlsSocket
  }

  acceptHttp2(socket: ByteSocket, options: Http2ServerOptions): Http2ServerSession {
    return acceptHttp2(socket, options)
  }

  openHttp2(socket: ByteSocket, options: Http2ClientOptions): Http2ClientSession {
    return openHttp2(socket, options)
  }

  tlsContext(options: TlsCertificates): TlsContext {
    const { key, certificate, others = [], authorities, revocations } = options
    const { minVersion, maxVersion, cipherSuites, curves } = options
    return createSecureContext({
      ...(key !== undefined && { key: [key, ...others.map((other) => other.key)] }),
      ...(certificate !== undefined && { cert: [certificate, ...others.map((other) => other.certificate)] }),
      ...(authorities && { ca: [...authorities] }),
      ...(revocations && { crl: [...revocations] }),
      minVersion: minVersion ?? 'TLSv1.2',
      ...(maxVersion && { maxVersion }),
      ciphers: [...TLS_1_3_SUITES, ...(cipherSuites ?? OLDER_SUITES)].join(':'),
      ...(curves && { ecdhCurve: curves.join(':') }),
      // Without a name OpenSSL resumes no session in which the client showed a certificate.
      sessionIdContext: 'dabba',
    })
  }
}

function isCarried(socket: ByteSocket): socket is CarriedSocket {
  return 'gatheredWriter' in socket
}

/** Node tells its own servers alone what became of a client's certificate; connections that are handed in ask the handle. */
function noteVerdict(socket: TLSSocket): void {
  const { _handle: handle } = socket as TLSSocket & {
    readonly _handle?: { verifyError(): NodeJS.ErrnoException | null }
  }
  const error = handle?.verifyError()
  socket.authorized = error === null
  if (error?.code !== undefined) Object.assign(socket, { authorizationError: error.code })
}
