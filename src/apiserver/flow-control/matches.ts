import type { FlowcontrolSubject, FlowSchema, PolicyRulesWithSubjects } from '../../api/types.generated.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Attributes } from '../http/authentication.ts'

type ResourceRule = NonNullable<PolicyRulesWithSubjects['resourceRules']>[number]

/** Whether a request is of the flows that a schema is about (k8s.io/apiserver pkg/util/flowcontrol/rule.go). */
export function matchesFlowSchema({ spec }: FlowSchema, attributes: Attributes): boolean {
  return (spec?.rules ?? []).some((rule) => matchesRule(rule, attributes))
}

function matchesRule(rule: PolicyRulesWithSubjects, { user, verb, path, resource }: Attributes): boolean {
  if (!rule.subjects.some((subject) => matchesSubject(subject, user))) return false
  if (resource !== undefined) {
    return (rule.resourceRules ?? []).some((one) => matchesResourceRule(one, verb, resource))
  }
  return (rule.nonResourceRules ?? []).some(
    ({ verbs, nonResourceURLs }) => has(verbs, verb) && nonResourceURLs.some((url) => matchesPath(url, path)),
  )
}

function matchesSubject({ kind, user, group, serviceAccount }: FlowcontrolSubject, who: UserInfo): boolean {
  if (kind === 'User') return user !== undefined && (user.name === '*' || user.name === who.username)
  if (kind === 'Group') return group !== undefined && (group.name === '*' || who.groups?.includes(group.name) === true)
  if (serviceAccount === undefined) return false
  const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
  return serviceAccount.name === '*' ? who.username.startsWith(prefix) : who.username === prefix + serviceAccount.name
}

function matchesResourceRule(
  rule: ResourceRule,
  verb: string,
  { group, plural, subresource, namespace = '' }: NonNullable<Attributes['resource']>,
): boolean {
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`
  if (!has(rule.verbs, verb) || !has(rule.resources, resource) || !has(rule.apiGroups, group)) return false
  return namespace === '' ? rule.clusterScope === true : has(rule.namespaces ?? [], namespace)
}

function matchesPath(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern
  return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

/** The star stands for everything only where it stands alone, which validation sees to. */
function has(list: readonly string[], wanted: string): boolean {
  return list.includes(wanted) || (list.length === 1 && list[0] === '*')
}
