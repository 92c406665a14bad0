import type { MeshRequest } from '../route/request.ts'

/** A connection as the proxy of the called side sees it. */
export interface PeerConnection {
  /** `cluster.local/ns/shop/sa/cart`, where a certificate proved it. */
  readonly principal?: string | undefined
  /** Who is at the other end, which may be a gateway. */
  readonly sourceAddress: string
  /** The client, if that is another, where the connection itself says so: by PROXY protocol. */
  readonly clientAddress?: string | undefined
  readonly destinationAddress: string
  /** The port of the workload, not of a service. */
  readonly destinationPort: number
  /** The name asked for in TLS. */
  readonly sni?: string | undefined
  /** What filters said about it: by the name of the filter, then by key. */
  readonly metadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
}

/** Decides about a connection and the request on it. On plain TCP there is no request. */
export type Condition = (connection: PeerConnection, request: MeshRequest | undefined) => boolean

/** Undefined where nothing is asked. */
export function allOf(conditions: readonly Condition[]): Condition | undefined {
  const [first, second, ...more] = conditions
  if (first === undefined || second === undefined) return first
  if (more.length === 0) return (connection, request) => first(connection, request) && second(connection, request)
  return (connection, request) => {
    for (const condition of conditions) if (!condition(connection, request)) return false
    return true
  }
}

export function anyOf(conditions: readonly Condition[]): Condition {
  const [first, ...more] = conditions
  if (first !== undefined && more.length === 0) return first
  return (connection, request) => {
    for (const condition of conditions) if (condition(connection, request)) return true
    return false
  }
}
