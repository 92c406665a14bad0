import type { Workload } from '../registry/workload.ts'
import type { HeaderList } from '../route/header-list.ts'
import type { Ended, IncomingRequest } from './steps.ts'

/** Told of each exchange and connection when it has ended, once for each side that has a proxy. */
export interface ExchangeObserver {
  exchange(record: ExchangeRecord): void
  connection(record: ConnectionRecord): void
  /** When a connection has been opened, before it ends. */
  connectionOpened?(record: ConnectionRecord): void
  /** Of what is logged and counted nowhere: connections that no listener was for, requests of which only a part came. */
  uncounted?(record: ExchangeRecord | ConnectionRecord): void
}

/** Who, as one side's proxy knows it. */
export interface Parties {
  /** `source`: the caller's proxy, or a gateway; `destination`: the proxy of who is called. */
  readonly reporter: 'source' | 'destination'
  /** The workload whose proxy reports. */
  readonly proxy: Workload | undefined
  readonly source: Workload | undefined
  readonly destination: Workload | undefined
  /** Without `spiffe://`; only where mutual TLS proved it. */
  readonly sourcePrincipal: string | undefined
  readonly destinationPrincipal: string | undefined
  /** The service that was called, if it is known. */
  readonly service: { readonly host: string; readonly name: string; readonly namespace: string } | undefined
  readonly cluster: string
  readonly routeName: string
  readonly isMutualTls: boolean
  /** `address:port`. */
  readonly downstreamAddress: string
  readonly localAddress: string
  readonly upstreamAddress: string | undefined
  /** The name asked for in TLS. */
  readonly serverName: string | undefined
  /** Envoy's response flags, in the order in which they came about. */
  readonly flags: readonly string[]
  /** Envoy's word for why the answer is as it is, as in `via_upstream`. */
  readonly details: string
  /** What the upstream's TLS or system said when no connection came about. */
  readonly transportFailure: string | undefined
  /** `namespace/name` of the policy that denied. */
  readonly policy: string | undefined
  readonly startMs: number
  readonly endMs: number
}

export interface ExchangeRecord extends Parties {
  readonly kind: 'http'
  /** As it came in. */
  readonly request: IncomingRequest
  /** Path and query as they went out. */
  readonly requestId: string
  /** Request headers as they left this proxy: trace context is among them. */
  readonly sentHeaders: HeaderList
  /** What the client got; 0: nothing. */
  readonly status: number
  readonly grpcStatus: number | undefined
  readonly responseHeaders: HeaderList
  readonly attempts: number
  /** From the request to the head of the upstream's answer. */
  readonly upstreamServiceMs: number | undefined
  readonly ended: Ended
}

export interface ConnectionRecord extends Parties {
  readonly kind: 'tcp'
  readonly receivedBytes: number
  readonly sentBytes: number
}
