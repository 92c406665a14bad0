import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import type { NamedRuleWithOperations, RuleWithOperations } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'

const OPERATIONS: readonly string[] = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES: readonly string[] = ['*', 'Cluster', 'Namespaced']

/** pkg/apis/admissionregistration/validation/validation.go validateNamedRuleWithOperations. */
export function* validateNamedRule(rule: NamedRuleWithOperations, field: string): Generator<Cause> {
  const names = new Set<string>()
  for (const [index, name] of (rule.resourceNames ?? []).entries()) {
    yield* invalidFor(`${field}.resourceNames[${index}]`, name, nameIsPathSegment(name))
    if (names.has(name)) yield duplicate(`${field}.resourceNames[${index}]`, name)
    names.add(name)
  }
  yield* validateResourceRule(rule, field)
}

/** validateRuleWithOperations. */
export function* validateResourceRule(rule: RuleWithOperations, field: string): Generator<Cause> {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule
  yield* validateWords(operations, `${field}.operations`, 'operations')
  for (const [index, operation] of operations.entries()) {
    if (!OPERATIONS.includes(operation)) yield notSupported(`${field}.operations[${index}]`, operation, OPERATIONS)
  }
  yield* validateWords(apiGroups, `${field}.apiGroups`, 'API groups')
  yield* validateWords(apiVersions, `${field}.apiVersions`, 'API versions')
  for (const [index, version] of apiVersions.entries()) {
    if (version === '') yield required(`${field}.apiVersions[${index}]`, '')
  }
  yield* validateResources(resources, `${field}.resources`)
  if (scope !== undefined && !SCOPES.includes(scope)) yield notSupported(`${field}.scope`, scope, SCOPES)
}

function* validateWords(words: readonly string[], field: string, what: string): Generator<Cause> {
  if (words.length === 0) yield required(field, '')
  if (words.length > 1 && words.includes('*')) {
    yield invalidValue(field, words, `if '*' is present, must not specify other ${what}`)
  }
}

/** Resources may name subresources: `pods/log`, `pods/*`, and `*` followed by `/scale`. */
function* validateResources(resources: readonly string[], field: string): Generator<Cause> {
  if (resources.length === 0) yield required(field, '')
  const wholeResources = new Set<string>()
  const wholeSubresources = new Set<string>()
  let endsInResource = false
  for (const [index, name] of resources.entries()) {
    const at = `${field}[${index}]`
    if (name === '') {
      yield required(at, '')
      continue
    }
    const slash = name.indexOf('/')
    if (slash < 0) {
      endsInResource = name !== '*'
      continue
    }
    const [resource, subresource] = [name.slice(0, slash), name.slice(slash + 1)]
    const rule = `must not specify ${name}`
    if (wholeResources.has(resource)) yield invalidValue(at, name, `if '${resource}/*' is present, ${rule}`)
    if (wholeSubresources.has(subresource)) yield invalidValue(at, name, `if '*/${subresource}' is present, ${rule}`)
    if (subresource === '*') wholeResources.add(resource)
    if (resource === '*') wholeSubresources.add(subresource)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    yield invalidValue(field, resources, "if '*/*' is present, must not specify other resources")
  }
  if (resources.includes('*') && endsInResource) {
    const rule = "if '*' is present, must not specify other resources without subresources"
    yield invalidValue(field, resources, rule)
  }
}
