import type { Hash64 } from '../balance/xx-hash.ts'
import { happens } from '../route/happens.ts'
import type { RouteMirror } from '../route/compiled-route.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import type { IncomingConnection, MirrorCopy, OutgoingHead } from './steps.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

export const NO_MIRRORS: readonly MirrorCopy[] = []

/** Copies of a request, for those mirrors whose turn it is. A mirror that nobody answers for is left out. */
export function mirrorCopies(
  mirrors: readonly RouteMirror[],
  outgoing: OutgoingHead,
  by: {
    readonly proxy: ExchangeProxy
    readonly connection: IncomingConnection
    readonly now: number
    readonly hash: Hash64 | undefined
    readonly timeoutMs: number
    readonly protocolFor: (cluster: UpstreamCluster) => 'http1' | 'http2'
  },
): readonly MirrorCopy[] {
  const { proxy, connection, now, hash, timeoutMs } = by
  const { dice } = proxy.mesh
  return mirrors.flatMap(({ cluster: name, percent }) => {
    const cluster = happens(percent, dice) ? proxy.cluster(name, now) : undefined
    const host = cluster?.pick({ nowMs: now, dice, hash, tries: 0 }, connection.destination)
    if (cluster === undefined || host === undefined) return []
    const head = { ...outgoing, authority: shadowed(outgoing.authority) }
    const upstream = cluster.ways.of(host.transport, by.protocolFor(cluster), head.authority)
    return [{ endpoint: host, head, upstream, timeoutMs }]
  })
}

/** Whoever gets a copy can tell by its host: envoyproxy/envoy source/common/router/shadow_writer_impl.cc. */
function shadowed(authority: string): string {
  const port = /:\d+$/.exec(authority)?.[0] ?? ''
  return `${authority.slice(0, authority.length - port.length)}-shadow${port}`
}
