import { isSubsetOf } from '../../mesh/config/hosts.ts'
import type { ChainMatch, FilterChain, L4Source } from '../../mesh/proxy/filter-chain.ts'
import { gatewayListener } from '../../mesh/proxy/gateway.ts'
import { printRange } from '../../mesh/proxy/ip-range.ts'
import { outboundListener } from '../../mesh/proxy/outbound.ts'
import type { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import type { ConsideredRule } from './considered.ts'
import type { MeshModel } from './mesh-model.ts'
import { type FieldPath, titleOf } from './places.ts'
import { addressOf, serviceCalled } from './service-address.ts'

/** The rule that decides about a connection whose bytes nobody looks at; undefined where no VirtualService does. */
export function takenConnectionRule(model: MeshModel, chain: FilterChain): ConsideredRule | undefined {
  const { source } = chain
  if (source === undefined) return undefined
  const place = model.places.of(source.object, pathOfSource(source))
  return { virtualService: titleOf(source.object), match: connectionMatch(chain.match), verdict: 'taken', place }
}

/** What a proxy does with connections to a host that it does not read as HTTP, in the order in which it is written. */
export function connectionChains(
  view: ProxyView,
  { host, port }: { readonly host: string; readonly port: number },
): readonly FilterChain[] {
  const chains = view.proxy.type === 'gateway' ? atGateway(view, host, port) : fromSidecar(view, host, port)
  const plain = chains.filter(({ action }) => action.kind === 'tcp')
  // Beside HTTP there are two of each: for TLS and for anything else.
  return plain.filter(({ action }, index) => plain.findIndex((other) => other.action === action) === index)
}

/** As in `SNI pay.shop.in, to 10.0.0.0/8`. */
export function connectionMatch({ serverNames = [], ranges = [] }: ChainMatch): string {
  const parts = [
    ...(serverNames.length === 0 ? [] : [`SNI ${serverNames.join(' or ')}`]),
    ...(ranges.length === 0 ? [] : [`to ${ranges.map(printRange).join(' or ')}`]),
  ]
  return parts.length === 0 ? 'every connection' : parts.join(', ')
}

export function pathOfSource({ section, index, match }: L4Source): FieldPath {
  return ['spec', section, index, ...(match === undefined ? [] : ['match', match])]
}

function atGateway(view: ProxyView, host: string, port: number): readonly FilterChain[] {
  const { chains = [] } = gatewayListener(view, port) ?? {}
  return chains.filter(
    ({ match: { serverNames } }) => serverNames === undefined || serverNames.some((name) => isSubsetOf(host, name)),
  )
}

function fromSidecar(view: ProxyView, called: string, port: number): readonly FilterChain[] {
  const host = serviceCalled(view, called)?.host ?? called
  return outboundListener(view, { address: addressOf(view, called), port }).chains.filter(({ name }) => name === host)
}
