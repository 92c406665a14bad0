import type { Hash64 } from '../balance/xx-hash.ts'
import { happens } from '../route/happens.ts'
import type { OutboundState } from './outbound-state.ts'
import type { MirrorCopy, OutgoingHead } from './steps.ts'
import type { TimeLimits } from './time-limits.ts'
import { protocolFor } from './upstream-protocol.ts'

/**
 * Copies of a request, for those mirrors of its route whose turn it is. A mirror that nobody answers for, or that is asked too
 * much, is left out.
 */
export function mirrorCopies(
  { proxy, connection, request, route }: OutboundState,
  outgoing: OutgoingHead | undefined,
  by: { readonly now: number; readonly hash: Hash64 | undefined; readonly limits: Pick<TimeLimits, 'wholeMs'> },
): readonly MirrorCopy[] {
  const { now, hash, limits } = by
  const { dice } = proxy.mesh
  if (route === undefined || outgoing === undefined) return []
  return route.mirrors.flatMap(({ cluster: name, percent }) => {
    const cluster = happens(percent, dice) ? proxy.cluster(name, now) : undefined
    const host = cluster?.pick({ nowMs: now, dice, hash, tries: 0 }, connection.destination)
    if (cluster === undefined || host === undefined) return []
    const protocol = protocolFor({ proxy, request }, cluster)
    const seat = cluster.state.seat(host, protocol, now)
    if (seat === undefined) return []
    const head = { ...outgoing, authority: shadowed(outgoing.authority) }
    const upstream = cluster.ways.of(host.transport, protocol, head.authority)
    return [{ endpoint: host, head, upstream, timeoutMs: limits.wholeMs, seat }]
  })
}

/** Whoever gets a copy can tell by its host: envoyproxy/envoy source/common/router/shadow_writer_impl.cc. */
function shadowed(authority: string): string {
  const port = /:\d+$/.exec(authority)?.[0] ?? ''
  return `${authority.slice(0, authority.length - port.length)}-shadow${port}`
}
