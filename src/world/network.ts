import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ConnectOptions, LineConnection } from './line-connection.ts'

/** Sockets, as a port. Every listener is on a loopback address. */
export interface Network {
  listen(options: ListenOptions): Promise<Listener>
  request(options: RequestOptions): Promise<ResponseStream>
  /** Connects to where lines are spoken: a mail server. Rejects when there is nobody. */
  connectLines(options: ConnectOptions): Promise<LineConnection>
}

export interface ListenOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** PEM texts. Client certificates are asked for, and handed to the handler unverified by the TLS layer's policy. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string }
  onRequest(request: IncomingMessage, response: ServerResponse): void
  /** A request to go on in another protocol; the response is for refusing it, or for answering as if it had not asked. */
  onUpgrade?(request: IncomingMessage, response: ServerResponse, connection: Connection): void
}

/** The bare connection of a request, and what it has sent already of the new protocol. */
export interface Connection {
  readonly socket: Duplex
  readonly head: Buffer
}

export interface Listener {
  readonly port: number
  close(): Promise<void>
}

export interface RequestOptions {
  readonly url: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly insecure?: boolean }
  readonly signal?: AbortSignal
}

export interface ResponseStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
  /** What follows the body, once that has ended. */
  trailers?(): Readonly<Record<string, string>>
  /** Whether nothing follows the head; absent: `body` will tell. */
  readonly isHeadOnly?: boolean
}
