import type { CompiledRoute } from '../route/compiled-route.ts'
import type { MeshRequest } from '../route/request.ts'
import { type Connection, type FilterChain, fittingChains, type Listener, type TcpTarget } from './filter-chain.ts'
import { gatewayListener } from './gateway.ts'
import { INBOUND_PORT, inboundListener } from './inbound.ts'
import { outboundListener } from './outbound.ts'
import type { ProxyView } from './proxy-view.ts'
import type { VirtualHost } from './virtual-host.ts'

/** A connection to or from a proxy, and the request on it if it speaks HTTP. */
export interface Call extends Connection {
  readonly direction: 'inbound' | 'outbound'
  readonly request?: MeshRequest
}

/** Why a call gets nowhere. */
export type CallError =
  | 'no-listener'
  | 'no-filter-chain'
  | 'multiple-filter-chains'
  | 'no-virtual-host'
  | 'no-route'
  | 'tls-redirect'
  | 'protocol-error'
  | 'tls-error'
  | 'mtls-error'

/** Which way a call takes through a proxy, as far as it gets. */
export interface Path {
  readonly listener?: string
  readonly filterChain?: string
  readonly routeConfig?: string
  readonly virtualHost?: VirtualHost
  readonly route?: CompiledRoute
  /** For bytes that are no HTTP; relative to each other by their weights. */
  readonly tcpTargets?: readonly TcpTarget[]
  /** What they are passed on by. */
  readonly tcpChain?: FilterChain
  readonly error?: CallError
}

export function pathOf(view: ProxyView, call: Call): Path {
  const { chain, path } = chainFor(view, call)
  if (chain === undefined || path.error !== undefined) return path
  const { action } = chain
  if (action.kind === 'tcp') {
    return { ...path, tcpTargets: action.targets, tcpChain: chain }
  }
  const isOpaque = call.tls !== 'plaintext' && chain.tls === undefined
  if (isOpaque || call.request === undefined) return { ...path, error: 'protocol-error' }
  const { routeConfig } = action
  const withConfig = { ...path, ...(routeConfig !== undefined && { routeConfig }) }
  return { ...withConfig, ...routed(action.virtualHost(call.request.authority), call.request, call.tls) }
}

/** The one filter chain that is for a connection, and how far the connection gets before a byte of it is read. */
export function chainFor(view: ProxyView, call: Call): { readonly chain?: FilterChain; readonly path: Path } {
  const listener = listenerOf(view, call)
  if (listener === undefined) return { path: { error: 'no-listener' } }
  const chains = fittingChains(listener, call)
  const [chain] = chains
  const path: Path = { listener: listener.name }
  if (chain === undefined) return { path: { ...path, error: 'no-filter-chain' } }
  if (chains.length > 1) return { path: { ...path, error: 'multiple-filter-chains' } }
  const chosen = { ...path, filterChain: chain.name }
  if (chain.tls !== undefined) {
    if (call.tls === 'plaintext') return { chain, path: { ...chosen, error: 'tls-error' } }
    const { requiresClientCertificate, asksForClientCertificate = false } = chain.tls
    const fits = asksForClientCertificate || requiresClientCertificate === (call.tls === 'mtls')
    if (!fits) return { chain, path: { ...chosen, error: 'mtls-error' } }
  }
  return { chain, path: chosen }
}

/** Whether chains for a port ask for what only the client's first bytes tell. */
export function isToldByBytes(view: ProxyView, call: Call): boolean {
  const { chains = [] } = listenerOf(view, call) ?? {}
  const candidates = chains.filter(({ match }) => match.port === call.port)
  const asked = candidates.length > 0 ? candidates : chains.filter(({ match }) => match.port === undefined)
  return asked.some(({ match: { transport, alpn, serverNames } }) => transport ?? alpn ?? serverNames)
}

function listenerOf(view: ProxyView, call: Call): Listener | undefined {
  const { address, port } = call
  if (view.proxy.type === 'gateway') return view.listeners.of(`${port}`, () => gatewayListener(view, port))
  const isInbound = call.direction === 'inbound' || port === INBOUND_PORT
  if (isInbound) return view.listeners.of('inbound', () => inboundListener(view))
  return view.listeners.of(`${address}_${port}`, () => outboundListener(view, { address, port }))
}

function routed(virtualHost: VirtualHost | undefined, request: MeshRequest, tls: Call['tls']): Path {
  if (virtualHost === undefined) return { error: 'no-virtual-host' }
  if (virtualHost.requiresTls === true && tls === 'plaintext') return { virtualHost, error: 'tls-redirect' }
  const route = virtualHost.find(request)
  return route === undefined ? { virtualHost, error: 'no-route' } : { virtualHost, route }
}
