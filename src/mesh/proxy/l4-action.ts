import type { RouteDestination } from '../config/types/virtual-service.ts'
import { BLACKHOLE } from './cluster-name.ts'
import { type ChainAction, tcpTo } from './filter-chain.ts'
import type { ProxyView } from './proxy-view.ts'

/** Where bytes go that are no HTTP. The weight of a single destination says nothing. */
export function l4Action(view: ProxyView, route: readonly RouteDestination[] = [], port: number): ChainAction {
  const usable = route.length === 1 ? route : route.filter(({ weight = 0 }) => weight > 0)
  const targets = usable.flatMap(({ destination, weight = 0 }) =>
    destination === undefined ? [] : [{ cluster: view.clusterOf(destination, port), weight: weight || 1 }],
  )
  return targets.length === 0 ? tcpTo(BLACKHOLE) : { kind: 'tcp', targets }
}
