import type { CompiledRoute } from '../route/compiled-route.ts'
import { type RouteFinder, routeFinder } from '../route/route-finder.ts'

/** The routes for requests of one host on one port. */
export interface VirtualHost {
  readonly name: string
  /** The host that it is for, which may be a wildcard. */
  readonly domain: string
  readonly routes: readonly CompiledRoute[]
  /** Whether plain requests are sent to https instead. */
  readonly requiresTls?: boolean
  readonly find: RouteFinder
}

export function virtualHost(parts: Omit<VirtualHost, 'find'>): VirtualHost {
  return { ...parts, find: routeFinder(parts.routes) }
}

/** A Host header without its port. */
export function hostOf(authority: string): string {
  const host = authority.toLowerCase()
  const colon = host.lastIndexOf(':')
  return colon > 0 && /^\d+$/.test(host.slice(colon + 1)) && !/^[^[]*:.*:/.test(host) ? host.slice(0, colon) : host
}
