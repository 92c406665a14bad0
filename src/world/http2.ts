import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2Session,
  Http2Stream,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2'

/* HTTP/2 on connections that are open, as the host's own library speaks it; like sockets, handed out as they are. */

export type Http2ServerSession = ServerHttp2Session
export type Http2ServerStream = ServerHttp2Stream
export type Http2ClientSession = ClientHttp2Session
export type Http2ClientStream = ClientHttp2Stream
export type AnyHttp2Session = Http2Session
export type AnyHttp2Stream = Http2Stream

/** What a client is granted. */
export interface Http2ServerOptions {
  readonly streamsMax: number
  readonly headersMax: number
  readonly headersBytesMax: number
  /** Of a stream: what it may send before it has been read. */
  readonly windowBytes: number
  /** So many streams may be reset at once, and so many in the long run, before the connection is closed. */
  readonly resetsBurst: number
  readonly resetsPerSecond: number
}

export interface Http2ClientOptions {
  readonly scheme: 'http' | 'https'
  readonly headersMax: number
  readonly windowBytes: number
}
