import type { PolicyRule } from '../../api/types.generated.ts'
import type { Attributes } from '../http/authentication.ts'

/** Whether a rule permits a request (k8s.io/kubernetes pkg/apis/rbac/v1/evaluation_helpers.go). */
export function ruleAllows(rule: PolicyRule, { verb, resource, path }: Attributes): boolean {
  if (!has(rule.verbs, verb)) return false
  if (resource === undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, path))
  const { group, plural, subresource, name } = resource
  return (
    has(rule.apiGroups, group) &&
    resourceMatches(rule.resources ?? [], plural, subresource) &&
    ((rule.resourceNames ?? []).length === 0 || (name !== undefined && (rule.resourceNames ?? []).includes(name)))
  )
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(wanted))
}

// `pods/log` names one subresource; a star in front of the slash names that subresource of everything.
function resourceMatches(resources: readonly string[], plural: string, subresource: string | undefined): boolean {
  const full = subresource === undefined || subresource === '' ? plural : `${plural}/${subresource}`
  if (resources.includes('*') || resources.includes(full)) return true
  return subresource !== undefined && subresource !== '' && resources.includes(`*/${subresource}`)
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))
}

/**
 * The rules of `wanted` that `owned` does not cover: what a user would gain by writing them. Each wanted rule is broken
 * down to one verb on one resource (k8s.io/component-helpers auth/rbac/validation/policy_comparator.go).
 */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(breakDown).filter((rule) => !owned.some((owner) => covers(owner, rule)))
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const names = rule.resourceNames ?? []
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb): PolicyRule[] => {
        const one = { apiGroups: [group], resources: [resource], verbs: [verb] }
        return names.length === 0 ? [one] : names.map((name) => ({ ...one, resourceNames: [name] }))
      }),
    ),
  )
  const paths = (rule.nonResourceURLs ?? []).flatMap((url) =>
    rule.verbs.map((verb): PolicyRule => ({ nonResourceURLs: [url], verbs: [verb] })),
  )
  return [...resources, ...paths]
}

function covers(owner: PolicyRule, rule: PolicyRule): boolean {
  if (!rule.verbs.every((verb) => has(owner.verbs, verb))) return false
  const urls = rule.nonResourceURLs ?? []
  if (urls.length > 0)
    return urls.every((url) => (owner.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, url)))
  const groups = rule.apiGroups ?? []
  const names = rule.resourceNames ?? []
  const ownerNames = owner.resourceNames ?? []
  return (
    groups.every((group) => has(owner.apiGroups, group)) &&
    (rule.resources ?? []).every((resource) => {
      const [plural = '', subresource] = resource.split('/')
      return resourceMatches(owner.resources ?? [], plural, subresource)
    }) &&
    (ownerNames.length === 0 || (names.length > 0 && names.every((name) => ownerNames.includes(name))))
  )
}
