import { isTerse, type ProxyHeadersSources, serverNameIn } from '../config/types/proxy-headers.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { type LocalReply, tersely } from './local-reply.ts'

/** What proxies call themselves at the called side, and gateways. */
export const INBOUND_NAME = 'istio-envoy'

interface Owner {
  readonly mesh: Pick<ExchangeProxy['mesh'], 'snapshot'>
  readonly workload: ExchangeProxy['workload']
}

export function headersOf({ mesh, workload }: Owner): ProxyHeadersSources {
  return { own: workload.proxyHeaders, mesh: mesh.snapshot.mesh.proxyHeaders }
}

/** Undefined: what the application says of itself is left. */
export function inboundServerName(owner: Owner): string | undefined {
  return serverNameIn(headersOf(owner), INBOUND_NAME)
}

/** What a proxy answers itself, as far as it is to speak of itself. */
export function toldBy(owner: Owner, reply: LocalReply): LocalReply {
  return isTerse(headersOf(owner)) ? tersely(reply) : reply
}
