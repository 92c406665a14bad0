import type { ConnectionLimit } from '../balance/connection-limit.ts'
import type { PendingLimit } from '../balance/pending-limit.ts'
import type { Workload } from '../registry/workload.ts'
import type { HeaderList } from '../route/header-list.ts'

/*
 * What a driver and an exchange say to each other. An exchange decides; a driver, on sockets or in virtual time, carries
 * out and tells what happened. An exchange never waits, never reads a clock and holds no bytes of bodies.
 *
 *     driver                                   exchange
 *       request arrived            start(now) ─▶
 *                                              ◀─ wait 25 ms | attempt E | respond 404 | close
 *       E answered 200          on(answered) ─▶
 *                                              ◀─ relay            (or: wait, attempt F: a retry)
 *       body passed on               ended() ─▶   record to the observer
 *
 * Invariants:
 *  1. After `wait` and `mirror` comes `waited` or `client-gone`; after `queue` that or `failed`; after `attempt` comes
 *     `answered`, `failed` or `client-gone`; after `gather` comes `gathered` or `client-gone`; after `check` comes `checked`,
 *     `failed` or `client-gone`.
 *  2. After `relay`, `respond` and `close` comes `ended`, once, and nothing after it.
 *  3. `client-gone`, which may come at any time, is always answered with `close`, and `malformed`, which may come as well, with
 *     that or `respond`; a driver then drops its attempt.
 *  4. When a new `attempt` is asked for, the answer reported before it is not passed on: the driver drops its body.
 */

/** What the driver is to do next. */
export type Step =
  | WaitStep
  | QueueStep
  | MirrorStep
  | GatherStep
  | CheckStep
  | AttemptStep
  | RelayStep
  | RespondStep
  | CloseStep

/** Let time pass: an injected delay, or the pause before a retry. Then report `waited`. */
export interface WaitStep {
  readonly kind: 'wait'
  readonly ms: number
}

/** Wait until a connection is free: then report `waited`, or past the time that an attempt would have, `failed` by `timeout`. */
export interface QueueStep {
  readonly kind: 'queue'
  readonly turn: {
    /** Calls `listener` once, unless nobody waits any more. */
    onTurn(listener: () => void): void
  }
  /** As of an attempt. */
  readonly timeoutMs: number
}

/**
 * Send copies of the request, with its body as it comes; nobody waits for their answers. Report `waited` at once. A request that
 * is over before it was whole takes its copies with it.
 */
export interface MirrorStep {
  readonly kind: 'mirror'
  readonly copies: readonly MirrorCopy[]
}

/**
 * Hold the request's body back until all of it is there, or more than so many bytes, or where a part is enough so many. Then
 * report `gathered`. What is held back goes to the endpoint later, as all of the body does.
 */
export interface GatherStep {
  readonly kind: 'gather'
  readonly maxBytes: number
  readonly takesPart: boolean
}

/**
 * Ask a service about the request, and report its answer `checked` when it is there whole, or `failed`. Nothing of the
 * request's own body is taken for it.
 */
export interface CheckStep {
  readonly kind: 'check'
  /** Whose proxy asks: most often, but not always, that of the exchange. */
  readonly asker: Workload
  readonly endpoint: Endpoint
  readonly head: OutgoingHead
  readonly body: Buffer
  readonly timeoutMs: number
  readonly upstream: UpstreamOptions
}

/** Send the request to an endpoint. Then report `answered`, as soon as the head of an answer is there, or `failed`. */
export interface AttemptStep {
  readonly kind: 'attempt'
  readonly endpoint: Endpoint
  readonly head: OutgoingHead
  /**
   * From the request's last byte to the answer's last byte; 0: no limit. Past it report `failed` by `timeout`, or where the
   * answer is already on its way, drop both sides and end with `timeout`.
   */
  readonly timeoutMs: number
  readonly upstream: UpstreamOptions
  /** Whether the request may have to be sent again, so that its body has to be kept while it is small enough. */
  readonly mayRepeat: boolean
}

/** How to reach the endpoints of a cluster: the same object for all requests until configuration changes. */
export interface UpstreamOptions {
  readonly cluster: string
  readonly transport: 'plaintext' | 'mtls' | 'tls'
  readonly protocol: 'http1' | 'http2'
  readonly connectTimeoutMs: number
  /** 0: as many requests as one likes. */
  readonly requestsPerConnectionMax: number
  /** Of this proxy, to all endpoints of the cluster together; absent: as many as one likes. More requests wait. */
  readonly connections?: ConnectionLimit
  /** Those that wait for a connection; absent: as many as one likes. More fail by `overflow`. */
  readonly pending?: PendingLimit
  /** Of HTTP/2: how many at once on one connection; absent: as many as the server takes. */
  readonly streamsMax?: number
  /** Connections that nobody uses are closed after it; 0: never. */
  readonly idleTimeoutMs: number
  readonly tls?: UpstreamTls
  /** Of HTTP/2: how often a silent server is asked whether it is there, and how long it may take. */
  readonly keepalive?: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly proxyProtocol?: 'V1' | 'V2'
}

/** What a client says and demands in a TLS handshake. For `mtls` it shows its workload's certificate. */
export interface UpstreamTls {
  /** Empty: the request's authority, without its port. */
  readonly sni: string
  readonly alpn: readonly string[]
  /** Empty: whoever the trusted authorities vouch for. */
  readonly subjectAltNames: readonly string[]
  /** A Secret with a certificate, which is shown for `MUTUAL`, and trusted authorities; or a ConfigMap with the latter. */
  readonly credentialName?: string
  /** Absent: false. */
  readonly showsCertificate?: boolean
  /** Files of the client, in place of a Secret. */
  readonly files?: TlsFiles
  readonly skipsVerification: boolean
  readonly cipherSuites?: readonly string[]
  readonly curves?: readonly string[]
}

/** Where certificates and the like stand on a proxy's own disk. */
export interface TlsFiles {
  readonly certificate?: string
  readonly key?: string
  readonly authorities?: string
  readonly revocations?: string
}

export interface MirrorCopy {
  readonly endpoint: Endpoint
  readonly head: OutgoingHead
  readonly upstream: UpstreamOptions
  readonly timeoutMs: number
  /**
   * Its place among the requests of its cluster: one that waits is sent on its turn, if it can still be taken, within the
   * time that it has; it is left when the copy is over.
   */
  readonly seat: CopySeat
}

export interface CopySeat {
  readonly isWaiting: boolean
  /** Calls `listener` once, unless it has been left. */
  onTurn(listener: () => void): void
  /** False: after all there is no room, and it has been left. */
  take(nowMs: number): boolean
  leave(nowMs: number): void
}

/** An answer's head as the client shall see it; its body follows as it comes. Then `ended`. */
export interface RelayStep {
  readonly kind: 'relay'
  readonly status: number
  readonly headers: HeaderList
  /** What is left of the route's time for the whole answer; 0: no limit. */
  readonly timeoutMs: number
}

/** An answer of the proxy itself, whole. Then `ended`. */
export interface RespondStep {
  readonly kind: 'respond'
  readonly status: number
  /** With `content-length` and `content-type` where there is a body. */
  readonly headers: HeaderList
  readonly body: string | Buffer
  /** Whether the connection cannot be used for another request. */
  readonly closes: boolean
}

/** Close the client's connection (or reset its stream) without an answer. Then `ended`. */
export interface CloseStep {
  readonly kind: 'close'
}

/** What a driver tells; the time in ms comes with each. */
export type Happened =
  | { readonly kind: 'waited' }
  | GatheredEvent
  | CheckedEvent
  | AnsweredEvent
  | FailedEvent
  | LostEvent

/** Nothing more comes of the client that is to be understood. */
export type LostEvent = { readonly kind: 'client-gone' } | MalformedEvent

/** What the client sends on is no HTTP. */
export interface MalformedEvent {
  readonly kind: 'malformed'
  /** Envoy's word for what is wrong. */
  readonly details: string
  /** Whether an answer can still be sent. */
  readonly isHeard: boolean
}

export interface GatheredEvent {
  readonly kind: 'gathered'
  /** No more of it than was asked for; undefined: the request has no body. */
  readonly bytes: Buffer | undefined
  /** How much of it has come. */
  readonly totalBytes: number
}

/** A whole answer to a check. */
export interface CheckedEvent {
  readonly kind: 'checked'
  readonly status: number
  readonly headers: HeaderList
  readonly body: Buffer
  readonly trailers: HeaderList
}

export interface AnsweredEvent {
  readonly kind: 'answered'
  readonly status: number
  readonly headers: HeaderList
  /** Whether nothing follows the head: then headers are a gRPC answer's trailers too. */
  readonly isWhole?: boolean
  /** Absent: true. Whether the request's body was small enough to be kept. */
  readonly canRepeat?: boolean
}

export interface FailedEvent {
  readonly kind: 'failed'
  readonly how: FailureKind
  /** Whether nothing of the request has been sent. */
  readonly beforeRequest: boolean
  /** Absent: true. Whether the request's body was small enough to be kept. */
  readonly canRepeat?: boolean
  /** What TLS or the system said, for the log. */
  readonly reason?: string
}

/**
 * `connect`: no connection came about; `closed`: the connection ended without an answer; `reset`: the stream alone was
 * reset; `refused-stream`: the peer says that it has not looked at the request; `protocol`: what came is no HTTP; `overflow`:
 * too many wait for a connection already.
 */
export type FailureKind =
  | 'connect'
  | 'connect-timeout'
  | 'closed'
  | 'reset'
  | 'refused-stream'
  | 'timeout'
  | 'protocol'
  | 'tls'
  | 'overflow'

/** How an exchange came to its end, told by the driver when nothing is left to do. */
export interface Ended {
  /**
   * `complete`: all bytes went through; `client-gone`, `upstream-gone`: one side went away in the middle; `timeout`: the
   * attempt's time was up after the head of the answer had been passed on; `protocol`, `malformed`: the server, or the
   * client, sent what is no HTTP.
   */
  readonly how: 'complete' | 'client-gone' | 'upstream-gone' | 'timeout' | 'protocol' | 'malformed'
  /** Envoy's word for what was malformed, where the exchange has not been told of it. */
  readonly violation?: string
  readonly requestBytes: number
  readonly responseBytes: number
  /** Of the answer, where there were any. */
  readonly trailers?: HeaderList
  /** Messages of gRPC, where they were counted. */
  readonly requestMessages?: number
  readonly responseMessages?: number
}

/** The request as it goes out. `host` is not among the headers. */
export interface OutgoingHead {
  readonly method: string
  readonly scheme: string
  readonly authority: string
  /** Path and query. */
  readonly target: string
  readonly headers: HeaderList
}

/** One of those that a cluster's requests can go to. The same object for as long as the address is in the cluster. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  /** Undefined for what the mesh knows nothing about. */
  readonly workload: Workload | undefined
}

/** A request as it came in. */
export interface IncomingRequest {
  readonly method: string
  readonly scheme: string
  /** The Host header or `:authority`. */
  readonly authority: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly headers: HeaderList
  readonly version: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
}

/** A connection as a proxy sees it, when its first bytes have told what it speaks. */
export interface IncomingConnection {
  readonly direction: 'inbound' | 'outbound'
  /** Where the client meant to go: an address of a service, a pod or a gateway. */
  readonly destination: { readonly address: string; readonly port: number }
  readonly source: { readonly address: string; readonly port: number }
  /** Who calls, where the driver knows it; else it is looked up by address. */
  readonly client?: Workload
  readonly tls: 'plaintext' | 'tls' | 'mtls'
  readonly sni?: string
  /** What TLS negotiated, or for plain bytes what they look like: `http/1.0`, `http/1.1` or `h2c`; absent: no HTTP. */
  readonly alpn?: string
  /** The identity in the client's certificate, without `spiffe://`. */
  readonly peerPrincipal?: string
  /** The certificate's text for `x-forwarded-client-cert`, as in `Hash=…;Subject="…"`. */
  readonly peerCertificate?: string
}

/** One request on its way. */
export interface HttpExchange {
  start(now: number): Step
  on(happened: Happened, now: number): Step
  /** The last byte of the request's body has come. Not told of requests without a body, nor after the answer's head. */
  requestEnded?(now: number): void
  ended(ended: Ended, now: number): void
}

/** Bytes that are no HTTP: a connection on its way. */
export type TcpStep =
  /** As of a request: others have to agree first. */
  | WaitStep
  | QueueStep
  | CheckStep
  | {
      readonly kind: 'connect'
      readonly endpoint: Endpoint
      readonly upstream: UpstreamOptions
      readonly timeoutMs: number
    }
  /** Pass on what either side sends until one ends. Then `ended`. */
  | { readonly kind: 'pipe'; readonly idleTimeoutMs: number }
  | CloseStep

export type TcpHappened =
  | { readonly kind: 'waited' }
  | CheckedEvent
  | { readonly kind: 'connected' }
  | { readonly kind: 'failed'; readonly how: FailureKind; readonly reason?: string }
  | { readonly kind: 'client-gone' }

export interface TcpExchange {
  start(now: number): TcpStep
  on(happened: TcpHappened, now: number): TcpStep
  ended(ended: TcpEnded, now: number): void
}

export interface TcpEnded {
  readonly how: 'complete' | 'client-gone' | 'upstream-gone' | 'timeout'
  /** From the client. */
  readonly receivedBytes: number
  /** To the client. */
  readonly sentBytes: number
}

/** What becomes of a connection: decided once, asked for each of its requests. */
export type Admission =
  | {
      readonly kind: 'http'
      exchange(request: IncomingRequest): HttpExchange
      /** To be told of a request that the driver answered itself, since none could be made of what came. */
      refused?(refused: RefusedRequest, now: number): void
    }
  | { readonly kind: 'tcp'; exchange(): TcpExchange }
  /** Close it without a byte, as a listener does that has no filter chain for it. */
  | {
      readonly kind: 'refuse'
      readonly reason: string
      /** To be called when it has been closed. */
      tell?(now: number): void
    }

/** A request that its driver answered itself, before any exchange. */
export interface RefusedRequest {
  readonly status: number
  /** Envoy's word for why. */
  readonly details: string
  /** Absent: what came was none that could be read. */
  readonly request?: IncomingRequest
  readonly responseBytes: number
  /** Since its first byte. */
  readonly tookMs: number
}

/** What a listener is to do with the TLS that a client starts, by the name that the client asks for. */
export type TlsPlan =
  | { readonly kind: 'passthrough' }
  | {
      readonly kind: 'terminate'
      /** `default`: the workload's own certificate; else the name of a Secret in the proxy's namespace. */
      readonly certificate: string
      readonly clientCertificate: 'required' | 'optional' | 'none'
      readonly alpn: readonly string[]
      readonly limits?: TlsLimits
    }
  | { readonly kind: 'refuse' }

/** What a server demands of TLS and of its clients' certificates beyond the usual. The same object while it is the same. */
export interface TlsLimits {
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly cipherSuites?: readonly string[]
  readonly curves?: readonly string[]
  /** Of the client's certificate one must be there; empty or absent: whatever it says. */
  readonly subjectAltNames?: readonly string[]
  /** SHA-256 of certificates of clients that are let in, in hexadecimal, and of their keys, in base64. */
  readonly certificateHashes?: readonly string[]
  readonly keyHashes?: readonly string[]
  /** Whether clients are let in for whom nobody vouches. */
  readonly acceptsUntrusted?: boolean
  /** The Secret that holds the clients' authorities, where it is another than the certificate's. */
  readonly authorities?: string
  /** Secrets with certificates of other kinds of keys. */
  readonly otherCertificates?: readonly string[]
  /** Files of the gateway, in place of a Secret. */
  readonly files?: TlsFiles
}
