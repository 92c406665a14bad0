import type { ApiObject } from '../../api/object.ts'
import { ShardedMap } from '../registry/sharded-map.ts'
import { isExportedTo } from '../registry/visibility.ts'
import { compareSpecificity, isSubsetOf, isWildcard } from './hosts.ts'
import { qualifiedHost } from './names.ts'
import { compareObjects } from './ordered.ts'
import type { DestinationRule, PortTrafficPolicy, Subset, TrafficPolicy } from './types/destination-rule.ts'

/** All that DestinationRules of one namespace say of one host, to the workloads that one selector selects. */
export interface MergedRule {
  readonly host: string
  readonly namespace: string
  readonly trafficPolicy?: TrafficPolicy
  readonly subsets: readonly Subset[]
  readonly exportTo: readonly string[]
  readonly selector?: Readonly<Record<string, string>>
  readonly objects: readonly DestinationRule[]
}

/** By namespace. */
export type RuleIndex = ReadonlyMap<string, RulesOfNamespace>

export interface RulesOfNamespace {
  readonly byHost: ShardedMap<readonly MergedRule[]>
  /** Hosts that are wildcards, the most specific first. */
  readonly wildcards: readonly string[]
}

export interface RuleQuery {
  readonly host: string
  readonly serviceNamespace: string
  readonly clientNamespace: string
  readonly clientLabels: Readonly<Record<string, string>>
  readonly rootNamespace: string
}

/** `rules` oldest first: of two with the same subset, or with a policy for all, the older one counts. */
export function indexRules(rules: readonly DestinationRule[], domain: string | undefined): RuleIndex {
  const index = new Map<string, RulesOfNamespace>()
  for (const [namespace, own] of Map.groupBy(rules, namespaceOf)) {
    const byHost = Map.groupBy(own, (rule) => hostOfRule(rule, domain))
    const merged = [...byHost].map(([host, list]) => [host, mergedRules(list, { host, namespace })] as const)
    index.set(namespace, { byHost: ShardedMap.of(merged), wildcards: wildcardsAmong(byHost.keys()) })
  }
  return index
}

/** Only what is said of the changed rule's hosts in its namespace is merged anew. */
export function updateRules(
  index: RuleIndex,
  change: { readonly before?: ApiObject | undefined; readonly after?: ApiObject | undefined },
  domain: string | undefined,
): RuleIndex {
  const before = change.before as DestinationRule | undefined
  const after = change.after as DestinationRule | undefined
  const next = new Map(index)
  for (const rule of new Set([before, after].filter((object) => object !== undefined))) {
    const namespace = namespaceOf(rule)
    const host = hostOfRule(rule, domain)
    const { byHost, wildcards } = next.get(namespace) ?? {
      byHost: new ShardedMap<readonly MergedRule[]>(),
      wildcards: [],
    }
    const known = (byHost.get(host) ?? []).flatMap(({ objects }) => objects).filter((object) => object !== before)
    const objects = rule === after && !known.includes(rule) ? [...known, rule] : known
    const merged = mergedRules(objects.toSorted(compareObjects), { host, namespace })
    const isNew = isWildcard(host) && !wildcards.includes(host)
    next.set(namespace, {
      byHost: byHost.with([[host, merged.length === 0 ? undefined : merged]]),
      wildcards: isNew ? wildcardsAmong([...wildcards, host]) : wildcards,
    })
  }
  return next
}

function namespaceOf({ metadata }: DestinationRule): string {
  return metadata.namespace ?? 'default'
}

function hostOfRule(rule: DestinationRule, domain: string | undefined): string {
  const home = { namespace: namespaceOf(rule), ...(domain !== undefined && { domain }) }
  return qualifiedHost(rule.spec?.host ?? '', home).toLowerCase()
}

function wildcardsAmong(hosts: Iterable<string>): readonly string[] {
  return [...hosts].filter(isWildcard).toSorted(compareSpecificity)
}

function mergedRules(
  rules: readonly DestinationRule[],
  of: { readonly host: string; readonly namespace: string },
): readonly MergedRule[] {
  const known: MergedRule[] = []
  for (const object of rules) {
    const next = ruleOf(object, of)
    const same = known.findIndex((rule) => isMergedWith(rule, next))
    const older = known[same]
    if (older === undefined) known.push(next)
    else known[same] = merged(older, next)
  }
  return known
}

/** The caller's namespace is asked first, then the service's, then the root's; the first that knows the host decides. */
export function ruleFor(index: RuleIndex, query: RuleQuery): MergedRule | undefined {
  const { clientNamespace, serviceNamespace, rootNamespace } = query
  for (const namespace of new Set([clientNamespace, serviceNamespace, rootNamespace])) {
    const found = mostSpecific(index.get(namespace), query)
    if (found !== undefined) return found
  }
  return undefined
}

/** The policy of a port replaces the general one as a whole; a subset overrides it field by field. */
export function policyFor(
  rule: MergedRule | undefined,
  { subset, port }: { readonly subset: string; readonly port: number },
): PortTrafficPolicy {
  const own = rule?.subsets.find(({ name }) => name === subset)
  return { ...atPort(rule?.trafficPolicy, port), ...atPort(own?.trafficPolicy, port) }
}

function atPort(policy: TrafficPolicy | undefined, port: number): PortTrafficPolicy {
  if (policy === undefined) return {}
  const { portLevelSettings = [], ...general } = policy
  const setting = portLevelSettings.find((candidate) => candidate.port?.number === port)
  if (setting === undefined) return general
  const { port: _, ...own } = setting
  return own
}

function ruleOf(object: DestinationRule, { host, namespace }: { host: string; namespace: string }): MergedRule {
  const { trafficPolicy, subsets = [], exportTo = [], workloadSelector } = object.spec ?? {}
  const selector = workloadSelector?.matchLabels
  return {
    host,
    namespace,
    ...(trafficPolicy && { trafficPolicy }),
    ...(selector && { selector }),
    subsets,
    exportTo,
    objects: [object],
  }
}

function isMergedWith(a: MergedRule, b: MergedRule): boolean {
  return sameEntries(a.selector, b.selector) && a.exportTo.toSorted().join() === b.exportTo.toSorted().join()
}

function sameEntries(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

function merged(older: MergedRule, newer: MergedRule): MergedRule {
  const names = new Set(older.subsets.map(({ name }) => name))
  const trafficPolicy = older.trafficPolicy ?? newer.trafficPolicy
  return {
    ...older,
    ...(trafficPolicy && { trafficPolicy }),
    subsets: [...older.subsets, ...newer.subsets.filter(({ name }) => !names.has(name))],
    objects: [...older.objects, ...newer.objects],
  }
}

function mostSpecific(rules: RulesOfNamespace | undefined, query: RuleQuery): MergedRule | undefined {
  if (rules === undefined) return undefined
  const exact = selected(rules.byHost.get(query.host), query)
  if (exact !== undefined) return exact
  for (const host of rules.wildcards) {
    const rule = isSubsetOf(query.host, host) ? selected(rules.byHost.get(host), query) : undefined
    if (rule !== undefined) return rule
  }
  return undefined
}

/** A rule for chosen workloads is only for those of its own namespace, and comes before one for all. */
function selected(rules: readonly MergedRule[] | undefined, query: RuleQuery): MergedRule | undefined {
  const { clientNamespace, clientLabels } = query
  const visible = (rules ?? []).filter(({ exportTo, namespace }) =>
    isExportedTo(exportTo, { owner: namespace, namespace: clientNamespace }),
  )
  const chosen = visible.find(
    ({ selector, namespace }) =>
      selector !== undefined &&
      namespace === clientNamespace &&
      Object.entries(selector).every(([key, value]) => clientLabels[key] === value),
  )
  return chosen ?? visible.find(({ selector }) => selector === undefined)
}
