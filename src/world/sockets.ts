import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContext, TLSSocket } from 'node:tls'
import type { GatheredWriter } from './gathered-writer.ts'
import type { Http2ClientOptions, Http2ClientSession, Http2ServerOptions, Http2ServerSession } from './http2.ts'

/*
 * Streams of bytes over TCP and TLS, as a port. What it hands out are the host's own sockets: a layer between would cost
 * every byte that passes, and they carry nothing of the outside but the connection itself.
 */
export interface Sockets {
  /** Rejects when the address cannot be had. */
  listen(options: SocketListenOptions): Promise<SocketListener>
  /** Tells by `connect` or by `error` and `close` what became of it. */
  connect(options: SocketConnectOptions): HostSocket
  /** Tells by `secureConnect` or by `error` and `close` what became of it. */
  connectTls(options: TlsConnectOptions): TlsSocket
  /**
   * Goes on in TLS as its server, on a connection whose first bytes, if they were read, were put back by `unshift`. Tells
   * by `secure` or by `error` and `close` what became of it.
   */
  acceptTls(socket: HostSocket, options: TlsAcceptOptions): TlsSocket
  /**
   * Hands over what comes in place of `data`, where it was read to: the bytes are overwritten once `onBytes` has returned.
   * For the rest of the socket's life, with `pause` and `resume` as ever.
   */
  readInPlace(socket: ByteSocket, onBytes: (bytes: Buffer) => void): void
  /**
   * Writes to a socket at the end of the event loop's turn, with what is written to others. Flush it before anything is
   * written to the socket itself, and before the socket is ended or destroyed.
   */
  gatheredWriter(socket: ByteSocket): GatheredWriter
  /** Speaks HTTP/2 as the server, or the client, of an open connection. What was read of it has been put back. */
  acceptHttp2(socket: ByteSocket, options: Http2ServerOptions): Http2ServerSession
  openHttp2(socket: ByteSocket, options: Http2ClientOptions): Http2ClientSession
  /** Certificates made ready for handshakes: costs far more than a handshake's use of it. */
  tlsContext(certificates: TlsCertificates): TlsContext
}

/** What a connection's two sides read and write: a socket of the host, or one that is carried by another. */
export interface ByteSocket extends Duplex {
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Tells the other side that the connection broke. */
  resetAndDestroy(): this
}

/** Reads in place and gathers what it writes by means of its own. */
export interface CarriedSocket extends ByteSocket {
  readInPlace(onBytes: (bytes: Buffer) => void): void
  gatheredWriter(): GatheredWriter
}

/** A socket of the host itself. */
export type HostSocket = Socket
export type TlsSocket = TLSSocket
export type TlsContext = SecureContext

export interface SocketListenOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** The socket is paused: nothing is read before `resume`. */
  onConnection(socket: HostSocket): void
}

export interface SocketListener {
  readonly host: string
  readonly port: number
  /** Takes no more connections; those that are there go on. */
  close(): Promise<void>
}

export interface SocketConnectOptions {
  readonly host: string
  readonly port: number
  /** Where the connection comes from, as the other side sees it; absent: what the system chooses. */
  readonly localAddress?: string
}

export interface TlsConnectOptions extends SocketConnectOptions {
  readonly context: TlsContext
  /** Sent as SNI, where it is no address. */
  readonly serverName?: string
  readonly alpn?: readonly string[]
  /** An established connection to go on with in TLS, in place of a new one. */
  readonly socket?: HostSocket
  /** A session of an earlier connection, to shorten the handshake. */
  readonly session?: Buffer
}

export interface TlsAcceptOptions {
  readonly context: TlsContext
  readonly alpn?: readonly string[]
  /** Whether a certificate is asked for. Whether it is good is told by `authorized`: nothing is refused here ... */
  readonly asksForCertificate: boolean
  /** ... but a client that shows none, where one is demanded. */
  readonly demandsCertificate?: boolean
}

/** PEM texts. */
export interface TlsCertificates {
  readonly key?: string
  readonly certificate?: string
  /** Who is believed to vouch for the other side; absent: those that the system believes. */
  readonly authorities?: readonly string[]
  /** Pairs of other kinds of keys, for clients that do not take the first. */
  readonly others?: readonly { readonly key: string; readonly certificate: string }[]
  /** What the authorities have taken back: there must be a list of each one that vouches for the other side. */
  readonly revocations?: readonly string[]
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** For TLS 1.2, by OpenSSL's names; absent: what the system finds good. */
  readonly cipherSuites?: readonly string[]
  /** For the exchange of keys, the preferred first; absent: what the system finds good. */
  readonly curves?: readonly string[]
}
