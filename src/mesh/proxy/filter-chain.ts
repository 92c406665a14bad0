import { isSubsetOf } from '../config/hosts.ts'
import type { ServerTls } from '../config/types/gateway.ts'
import type { VirtualService } from '../config/types/virtual-service.ts'
import type { VirtualHost } from './virtual-host.ts'
import { contains, type IpRange, parseRange } from './ip-range.ts'

/** What a listener does with the connections that fit. An absent condition fits all. */
export interface FilterChain {
  readonly name: string
  readonly match: ChainMatch
  /** Present where the proxy ends TLS itself. */
  readonly tls?: ServerIdentity
  readonly action: ChainAction
  readonly source?: L4Source
}

/** Which entry of which VirtualService made a chain. */
export interface L4Source {
  readonly object: VirtualService
  readonly section: 'tls' | 'tcp'
  readonly index: number
  /** Absent where all entries of `match` share a chain, or there are none. */
  readonly match?: number
}

export interface ChainMatch {
  readonly port?: number
  readonly ranges?: readonly IpRange[]
  readonly serverNames?: readonly string[]
  readonly transport?: 'tls' | 'raw'
  readonly alpn?: readonly string[]
}

export interface ServerIdentity {
  readonly requiresClientCertificate: boolean
  /** Whether a client may show one that does not have to. */
  readonly asksForClientCertificate?: boolean
  /** What a Gateway says of its server; absent: it is the mesh's own mutual TLS, or a Sidecar's. */
  readonly server?: ServerTls
  /** `default` is the workload's own certificate. */
  readonly certificate: string
}

export type ChainAction =
  | {
      readonly kind: 'tcp'
      /** Drawn from by their weights, which are relative. */
      readonly targets: readonly TcpTarget[]
    }
  | {
      readonly kind: 'http'
      readonly routeConfig?: string
      readonly virtualHost: (authority: string) => VirtualHost | undefined
    }

export interface TcpTarget {
  readonly cluster: string
  readonly weight: number
}

export function tcpTo(cluster: string): ChainAction {
  return { kind: 'tcp', targets: [{ cluster, weight: 1 }] }
}

export interface Listener {
  readonly name: string
  readonly chains: readonly FilterChain[]
  readonly defaultChain?: FilterChain
}

/** What is known of a connection when its first bytes have been read. */
export interface Connection {
  readonly address: string
  readonly port: number
  readonly tls: 'plaintext' | 'tls' | 'mtls'
  readonly sni?: string
  /** What TLS negotiated, or what plain bytes looked like. */
  readonly alpn?: string
}

/**
 * Envoy's way: condition after condition, only the chains that fit best stay, and those without the condition only where
 * none fits. So more than one can be left, which Envoy would have refused.
 */
export function fittingChains(listener: Listener, connection: Connection): readonly FilterChain[] {
  let chains = listener.chains
  chains = best(chains, 'port', (port) => Number(port === connection.port))
  chains = best(chains, 'ranges', (ranges) => rangeRank(ranges, connection.address))
  chains = best(chains, 'serverNames', (names) =>
    Math.max(0, ...names.map((name) => rankOf(name, connection.sni ?? ''))),
  )
  chains = best(chains, 'transport', (transport) => Number((transport === 'raw') === (connection.tls === 'plaintext')))
  chains = best(chains, 'alpn', (alpn) => Number(alpn.includes(connection.alpn ?? '')))
  if (chains.length > 0) return chains
  return listener.defaultChain === undefined ? [] : [listener.defaultChain]
}

function best<Field extends keyof ChainMatch>(
  chains: readonly FilterChain[],
  field: Field,
  rank: (condition: NonNullable<ChainMatch[Field]>) => number,
): readonly FilterChain[] {
  if (chains.every(({ match }) => match[field] === undefined)) return chains
  const ranks = chains.map(({ match }) => {
    const condition = match[field]
    return condition === undefined ? undefined : rank(condition)
  })
  const highest = Math.max(0, ...ranks.map((value) => value ?? 0))
  return chains.filter((_, index) => (highest === 0 ? ranks[index] === undefined : ranks[index] === highest))
}

function rangeRank(ranges: readonly IpRange[], text: string): number {
  const address = parseRange(text)
  if (address === undefined) return 0
  return Math.max(0, ...ranges.map((range) => (contains(range, address) ? range.bits : 0)))
}

function rankOf(serverName: string, sni: string): number {
  if (serverName === sni) return Infinity
  return isSubsetOf(sni, serverName) ? serverName.length : 0
}
