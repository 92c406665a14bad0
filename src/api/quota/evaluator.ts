import type { ApiObject } from '../object.ts'
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../types.generated.ts'
import { claimEvaluator } from './claim-usage.ts'
import { deviceClaimEvaluator } from './device-claim-usage.ts'
import { podEvaluator } from './pod-usage.ts'
import type { QuotaEvaluator } from './quota-evaluator.ts'
import { serviceEvaluator } from './service-usage.ts'
import { ONE } from './usage.ts'

/** Counted under names of their own before every resource was (pkg/quota/v1/evaluator/core/registry.go). */
const ALIASES: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])

/** Not stored, or too many to be worth it (pkg/quota/v1/install/registry.go). */
const IGNORED: ReadonlySet<string> = new Set([
  'bindings',
  'componentstatuses',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'events',
  'events.events.k8s.io',
])

const SPECIAL: Readonly<Record<string, QuotaEvaluator>> = {
  pods: podEvaluator,
  services: serviceEvaluator,
  persistentvolumeclaims: claimEvaluator,
  'resourceclaims.resource.k8s.io': deviceClaimEvaluator,
}

/** `undefined` for what no quota counts. */
export function evaluatorOf({ group, plural }: { group: string; plural: string }): QuotaEvaluator | undefined {
  const resource = group === '' ? plural : `${plural}.${group}`
  if (IGNORED.has(resource)) return undefined
  return SPECIAL[resource] ?? countEvaluator(resource)
}

function countEvaluator(resource: string): QuotaEvaluator {
  const names = ALIASES.has(resource) ? [`count/${resource}`, resource] : [`count/${resource}`]
  return {
    measures: (name) => names.includes(name),
    usage: () => new Map(names.map((name) => [name, ONE])),
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === undefined,
    matchesScope: () => false,
  }
}

/** The resources that a quota's name is about: plural and group. */
export function resourceOfName(name: string): { readonly plural: string; readonly group: string } | undefined {
  for (const [resource, evaluator] of Object.entries(SPECIAL)) if (evaluator.measures(name)) return split(resource)
  if (ALIASES.has(name)) return { plural: name, group: '' }
  return name.startsWith('count/') ? split(name.slice('count/'.length)) : undefined
}

function split(resource: string): { plural: string; group: string } {
  const dot = resource.indexOf('.')
  return dot < 0 ? { plural: resource, group: '' } : { plural: resource.slice(0, dot), group: resource.slice(dot + 1) }
}

/** Scopes of both forms, as one. */
export function scopesOf({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }))
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])]
}

export function inScope(quota: ResourceQuota, object: ApiObject, evaluator: QuotaEvaluator): boolean {
  return scopesOf(quota).every((selector) => evaluator.matchesScope(selector, object))
}
