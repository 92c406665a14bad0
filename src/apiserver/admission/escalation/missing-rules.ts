import type { PolicyRule } from '../../../api/types.generated.ts'

/**
 * Rules as messages name them, one a line: what differs in the verb alone is one rule
 * (k8s.io/kubernetes pkg/registry/rbac/validation/policy_compact.go, pkg/apis/rbac/v1/helpers.go CompactString).
 */
export function printMissingRules(rules: readonly PolicyRule[]): string {
  const compact = new Map<string, PolicyRule>()
  for (const rule of rules) {
    const { verbs, ...rest } = rule
    const isSimple = rule.apiGroups?.length === 1 && rule.resources?.length === 1
    const key = isSimple ? JSON.stringify(rest) : JSON.stringify(rule)
    const present = compact.get(key)
    compact.set(key, present === undefined || !isSimple ? rule : { ...present, verbs: [...present.verbs, ...verbs] })
  }
  return [...new Set([...compact.values()].map(printRule))].toSorted().join('\n')
}

function printRule({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const
  const printed = parts.flatMap(([name, list = []]) => (list.length === 0 ? [] : [`${name}:${printList(list)}`]))
  return `{${printed.join(', ')}}`
}

function printList(list: readonly string[]): string {
  return `[${list.map((item) => JSON.stringify(item)).join(' ')}]`
}
