import type { NextCheck } from '../authorize/authorizer.ts'
import type { HeaderChange } from '../route/headers.ts'
import type { Claims, MeshRequest } from '../route/request.ts'
import type { Workload } from '../registry/workload.ts'
import type { Snapshot } from '../snapshot.ts'
import type { IncomingConnection } from './steps.ts'
import type { LocalReply } from './local-reply.ts'

/** Who is at the other end of a connection, as the guarded side sees it. */
export interface GuardedConnection {
  /** Without `spiffe://`; only where a certificate proved it. */
  readonly principal: string | undefined
  readonly sourceAddress: string
  /** The client, where a PROXY header told of another than the source. */
  readonly clientAddress: string | undefined
  readonly destinationAddress: string
  /** Of the workload, not of a service. */
  readonly destinationPort: number
  readonly sni: string | undefined
}

export function guardedConnection(
  { source, destination, tls, peerPrincipal, sni }: IncomingConnection,
  clientAddress: string | undefined,
): GuardedConnection {
  return {
    principal: tls === 'mtls' ? peerPrincipal : undefined,
    sourceAddress: source.address,
    clientAddress,
    destinationAddress: destination.address,
    destinationPort: destination.port,
    sni,
  }
}

/** What policies say of a request: what its token says, and whether it may go on. */
export type GuardVerdict =
  | {
      readonly allowed: true
      readonly claims?: Claims | undefined
      /** What a verified token adds to the request. */
      readonly changes: readonly HeaderChange[]
      /** The query as it goes on: a token may have been taken out of it. */
      readonly query: string | undefined
    }
  | {
      readonly allowed: false
      readonly reply: LocalReply
      /** `namespace/name` of the policy that said so. */
      readonly policy: string | undefined
      /** Envoy's response flags. */
      readonly flags: readonly string[]
    }

/** Stands before a workload, or at a gateway. */
export interface Guard {
  /**
   * Who outside of the mesh has to agree before the guard itself is asked, from a place in their order on. Without a
   * request it is about bytes that are no HTTP. Undefined: nobody is left.
   */
  nextCheck(connection: GuardedConnection, request: MeshRequest | undefined, from: number): NextCheck | undefined
  request(connection: GuardedConnection, request: MeshRequest, nowMs: number): GuardVerdict
  /** Bytes that are no HTTP. */
  connection(connection: GuardedConnection): {
    readonly allowed: boolean
    readonly policy: string | undefined
    /** Why it is closed, in Envoy's word. */
    readonly details: string | undefined
  }
}

/** Undefined where no policy speaks of the workload. */
export type GuardOf = (snapshot: Snapshot, workload: Workload) => Guard | undefined
