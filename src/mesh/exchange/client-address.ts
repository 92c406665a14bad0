import type { ReceivedHead } from './received-head.ts'
import type { IncomingConnection } from './steps.ts'

/** What a proxy at the edge finds out about the client, and tells those behind it. */
export interface ClientAddress {
  /** As far as trusted proxies tell it. */
  readonly address: string
  readonly isExternal: boolean
  /** The list with the connection's own address at its end. */
  readonly forwardedFor: string
}

const PRIVATE = /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80)/i

/** envoyproxy/envoy source/common/http/conn_manager_utility.cc, `use_remote_address` and `xff_num_trusted_hops`. */
export function clientAddress(
  { source }: IncomingConnection,
  { forwardedFor }: ReceivedHead,
  trustedProxies: number,
): ClientAddress {
  const told = forwardedFor === undefined ? [] : forwardedFor.split(',').map((part) => part.trim())
  const trusted = trustedProxies === 0 ? undefined : told.at(-trustedProxies)
  const address = trusted === undefined || told.length < trustedProxies ? source.address : trusted
  return {
    address,
    isExternal: !PRIVATE.test(address),
    forwardedFor: forwardedFor === undefined ? source.address : `${forwardedFor},${source.address}`,
  }
}
