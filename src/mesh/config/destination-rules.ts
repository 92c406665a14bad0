import { isExportedTo } from '../registry/visibility.ts'
import { compareSpecificity, isSubsetOf, isWildcard } from './hosts.ts'
import { qualifiedHost } from './names.ts'
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

export type RuleIndex = ReadonlyMap<string, ReadonlyMap<string, readonly MergedRule[]>>

export interface RuleQuery {
  readonly host: string
  readonly serviceNamespace: string
  readonly clientNamespace: string
  readonly clientLabels: Readonly<Record<string, string>>
  readonly rootNamespace: string
}

/** `rules` oldest first: of two with the same subset, or with a policy for all, the older one counts. */
export function indexRules(rules: readonly DestinationRule[], domain: string | undefined): RuleIndex {
  const index = new Map<string, Map<string, MergedRule[]>>()
  for (const object of rules) {
    const namespace = object.metadata.namespace ?? 'default'
    const home = { namespace, ...(domain !== undefined && { domain }) }
    const host = qualifiedHost(object.spec?.host ?? '', home).toLowerCase()
    const byHost = index.get(namespace) ?? new Map<string, MergedRule[]>()
    index.set(namespace, byHost)
    const known = byHost.get(host) ?? []
    byHost.set(host, known)
    const next = ruleOf(object, { host, namespace })
    const same = known.findIndex((rule) => isMergedWith(rule, next))
    const older = known[same]
    if (older === undefined) known.push(next)
    else known[same] = merged(older, next)
  }
  return index
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

function mostSpecific(
  byHost: ReadonlyMap<string, readonly MergedRule[]> | undefined,
  query: RuleQuery,
): MergedRule | undefined {
  if (byHost === undefined) return undefined
  const exact = selected(byHost.get(query.host), query)
  if (exact !== undefined) return exact
  const wildcards = [...byHost.keys()].filter((host) => isWildcard(host) && isSubsetOf(query.host, host))
  for (const host of wildcards.toSorted(compareSpecificity)) {
    const rule = selected(byHost.get(host), query)
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
