import type { ApiObject } from '../../api/object.ts'
import { isSubsetOf } from '../../mesh/config/hosts.ts'
import { MESH_GATEWAY } from '../../mesh/config/names.ts'
import type { HttpMatch, HttpRoute } from '../../mesh/config/types/virtual-service.ts'
import { compareAge } from '../../mesh/config/ordered.ts'
import type { ResolvedRoute, ResolvedVirtualService } from '../../mesh/config/virtual-service.ts'
import type { VirtualHost } from '../../mesh/proxy/virtual-host.ts'
import { isExportedTo } from '../../mesh/registry/visibility.ts'
import type { CompiledRoute } from '../../mesh/route/compiled-route.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import type { RouteContext } from '../../mesh/route/request-match.ts'
import { callerConditionFailing, firstFailing, matchSummary } from './conditions.ts'
import type { MeshModel } from './mesh-model.ts'
import { type FieldPath, type Place, titleOf } from './places.ts'

/** One entry of a VirtualService about the host, and what became of it for a request. */
export interface ConsideredRule {
  readonly virtualService: string
  readonly name?: string
  /** What it asks for, in one line. */
  readonly match: string
  readonly verdict: 'taken' | 'does not match' | 'comes later' | 'not for this caller' | 'never reached' | 'not used'
  readonly why?: string
  readonly place: Place
}

export interface Consideration {
  readonly host: string
  readonly virtualHost: VirtualHost | undefined
  readonly taken: CompiledRoute | undefined
  readonly request: MeshRequest
  readonly context: RouteContext
}

/** Every rule of every VirtualService about the host, in the order in which the proxy looks at them. */
export function consideredRules(model: MeshModel, about: Consideration): readonly ConsideredRule[] {
  return rulesAbout(model, about).map((rule) => {
    const { verdict, why, field = [] } = verdictOf(about, rule)
    const { virtualService, name, match } = rule
    const place = model.places.of(rule.object, [...rule.path, ...field])
    return {
      virtualService,
      ...(name !== undefined && { name }),
      match,
      verdict,
      ...(why !== undefined && { why }),
      place,
    }
  })
}

/** One entry of `match` of one entry of `http`, or the latter alone where it matches everything. */
export interface RuleAbout {
  readonly item: ResolvedVirtualService
  readonly object: ApiObject
  readonly path: FieldPath
  readonly virtualService: string
  readonly name: string | undefined
  /** In one line. */
  readonly match: string
  readonly asks: HttpMatch
  readonly rule: HttpRoute
  /** Its place among the routes of the virtual host; absent where it made none. */
  readonly order: number | undefined
}

export function rulesAbout(
  model: MeshModel,
  { host, virtualHost }: Pick<Consideration, 'host' | 'virtualHost'>,
): readonly RuleAbout[] {
  const routes = virtualHost?.routes ?? []
  const rules = virtualServicesAbout(model, host).flatMap((item) =>
    item.http.flatMap((resolved) => entriesOf(item, resolved, routes)),
  )
  return rules.toSorted((a, b) => rankOf(a) - rankOf(b))
}

/** Those that made no route come last, in the order in which they are written. */
function rankOf({ order }: RuleAbout): number {
  return order ?? Number.MAX_SAFE_INTEGER
}

/** VirtualServices with this host among theirs, oldest first; not those that an Ingress is read as. */
export function virtualServicesAbout({ snapshot }: MeshModel, host: string): readonly ResolvedVirtualService[] {
  const { byHost, withWildcards } = snapshot.routes
  const table = snapshot.objects.get('VirtualService')
  const wide = withWildcards.filter(({ hosts }) => hosts.some((own) => isSubsetOf(host, own)))
  return [...new Set([...(byHost.get(host) ?? []), ...wide])]
    .filter(({ object, namespace, name }) => table?.get(`${namespace}/${name}`) === object)
    .toSorted(compareAge)
}

function entriesOf(
  item: ResolvedVirtualService,
  { rule, object, index }: ResolvedRoute,
  routes: readonly CompiledRoute[],
): readonly RuleAbout[] {
  const matches: readonly (HttpMatch | undefined)[] = rule.match && rule.match.length > 0 ? rule.match : [undefined]
  return matches.map((match, position) => {
    const matchIndex = match === undefined ? undefined : position
    const order = routes.findIndex(
      ({ source }) => source?.object === object && source.http === index && source.match === matchIndex,
    )
    return {
      item,
      object,
      path: ['spec', 'http', index, ...(matchIndex === undefined ? [] : ['match', matchIndex])],
      virtualService: titleOf(object),
      name: match?.name ? `${rule.name ?? ''}.${match.name}` : rule.name,
      match: matchSummary(match ?? {}),
      asks: match ?? {},
      rule,
      order: order < 0 ? undefined : order,
    }
  })
}

interface Verdict {
  readonly verdict: ConsideredRule['verdict']
  readonly why?: string | undefined
  readonly field?: readonly string[] | undefined
}

function verdictOf({ virtualHost, taken, request, context }: Consideration, rule: RuleAbout): Verdict {
  const { order, asks } = rule
  if (order === undefined) return whyUnused(virtualHost, rule, context)
  if (virtualHost?.routes[order] === taken) return { verdict: 'taken' }
  if (taken !== undefined && order > (virtualHost?.routes.indexOf(taken) ?? -1)) return { verdict: 'comes later' }
  const failing = firstFailing(asks, request)
  return { verdict: 'does not match', why: failing?.text, field: failing?.path }
}

/** Why a rule made no route for a proxy. */
export function whyUnused(virtualHost: VirtualHost | undefined, rule: RuleAbout, context: RouteContext): Verdict {
  const unbound = whyUnbound(rule.item, context)
  if (unbound !== undefined) return { verdict: 'not used', why: unbound }
  const other = callerConditionFailing(rule.asks, context)
  if (other !== undefined) return { verdict: 'not for this caller', why: other }
  const used = virtualHost?.routes.flatMap(({ source }) => source?.object ?? []) ?? []
  const isBesideUsed = used.some((object) => object === rule.object || object === rule.item.object)
  if (isBesideUsed) return { verdict: 'never reached', why: 'a rule before it takes everything' }
  const [owner] = used
  return {
    verdict: 'not used',
    why: owner === undefined ? 'the proxy does not see it' : `${titleOf(owner)} has the host`,
  }
}

function whyUnbound(
  { gateways, exportTo, namespace }: ResolvedVirtualService,
  context: RouteContext,
): string | undefined {
  if (!gateways.some((gateway) => context.gateways.has(gateway))) {
    const [only = ''] = context.gateways
    return only === MESH_GATEWAY ? `it is for gateway ${gateways.join(', ')}` : `it does not name gateway ${only}`
  }
  if (isExportedTo(exportTo, { owner: namespace, namespace: context.namespace })) return undefined
  return `it is not exported to namespace ${context.namespace}`
}
