import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../names/object-names.ts'
import type {
  FlowcontrolSubject,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

const VERBS: readonly string[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
]
const NAMESPACE_RULE = "each member of this list must be '*' or a DNS-1123 label; "

/** Which field belongs to which kind of subject. */
const SUBJECT_FIELDS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const
type SubjectKind = keyof typeof SUBJECT_FIELDS
const SUBJECT_KINDS: readonly string[] = ['Group', 'ServiceAccount', 'User']
/** In the order in which what does not belong is told. */
const FOREIGN_ORDER: readonly SubjectKind[] = ['ServiceAccount', 'User', 'Group']

/** pkg/apis/flowcontrol/validation/validation.go ValidateFlowSchemaPolicyRulesWithSubjects. */
export function* validateFlowRule(rule: PolicyRulesWithSubjects, field: string): Generator<Cause> {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = unchecked(rule)
  if (subjects.length === 0) yield required(`${field}.subjects`, 'subjects must contain at least one value')
  for (const [index, subject] of subjects.entries()) yield* validateSubject(subject, `${field}.subjects[${index}]`)
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    yield required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty')
  }
  for (const [index, one] of resourceRules.entries()) {
    yield* validateResourceRule(one, `${field}.resourceRules[${index}]`)
  }
  for (const [index, one] of nonResourceRules.entries()) {
    yield* validateNonResourceRule(one, `${field}.nonResourceRules[${index}]`)
  }
}

function* validateSubject(subject: Unchecked<FlowcontrolSubject>, field: string): Generator<Cause> {
  const { kind = '' } = subject
  if (!isSubjectKind(kind)) {
    yield notSupported(`${field}.kind`, kind, SUBJECT_KINDS)
    return
  }
  yield* validateSubjectOf(kind, subject, field)
  for (const other of FOREIGN_ORDER) {
    const name = SUBJECT_FIELDS[other]
    if (other === kind || subject[name] === undefined) continue
    yield forbiddenField(`${field}.${name}`, `${name} is forbidden when subject kind is not '${other}'`)
  }
}

function isSubjectKind(kind: string): kind is SubjectKind {
  return Object.hasOwn(SUBJECT_FIELDS, kind)
}

function* validateSubjectOf(
  kind: SubjectKind,
  subject: Unchecked<FlowcontrolSubject>,
  parent: string,
): Generator<Cause> {
  const field = `${parent}.${SUBJECT_FIELDS[kind]}`
  const named = subject[SUBJECT_FIELDS[kind]]
  if (named === undefined) {
    yield required(field, `${SUBJECT_FIELDS[kind]} is required when subject kind is '${kind}'`)
    return
  }
  const { name = '' } = unchecked(named)
  if (name === '') yield required(`${field}.name`, '')
  if (kind !== 'ServiceAccount') return
  if (name !== '' && name !== '*') yield* invalidFor(`${field}.name`, name, nameIsDnsSubdomain(name))
  const { namespace = '' } = unchecked(subject).serviceAccount ?? {}
  if (namespace === '') yield required(`${field}.namespace`, 'must specify namespace for service account')
  else yield* invalidFor(`${field}.namespace`, namespace, nameIsDnsLabel(namespace))
}

function* validateResourceRule(rule: Unchecked<ResourcePolicyRule>, field: string): Generator<Cause> {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule
  yield* validateVerbs(verbs, `${field}.verbs`)
  if (apiGroups.length === 0) {
    yield required(`${field}.apiGroups`, 'resource rules must supply at least one api group')
  } else yield* validateLonelyWildcard(apiGroups, `${field}.apiGroups`, 'api groups')
  if (resources.length === 0) {
    yield required(`${field}.resources`, 'resource rules must supply at least one resource')
  } else yield* validateLonelyWildcard(resources, `${field}.resources`, 'resources')
  if (namespaces.length === 0 && !clusterScope) {
    const rule = 'resource rules that are not cluster scoped must supply at least one namespace'
    yield required(`${field}.namespaces`, rule)
  } else if (namespaces.includes('*')) {
    yield* validateLonelyWildcard(namespaces, `${field}.namespaces`, 'namespaces')
  } else {
    for (const [index, name] of namespaces.entries()) {
      const problems = nameIsDnsLabel(name).map((problem) => `${NAMESPACE_RULE}${problem}`)
      yield* invalidFor(`${field}.namespaces[${index}]`, name, problems)
    }
  }
}

function* validateNonResourceRule(rule: Unchecked<NonResourcePolicyRule>, field: string): Generator<Cause> {
  const { verbs = [], nonResourceURLs = [] } = rule
  yield* validateVerbs(verbs, `${field}.verbs`)
  if (nonResourceURLs.length === 0) {
    yield required(`${field}.nonResourceURLs`, 'nonResourceURLs must contain at least one value')
  } else if (nonResourceURLs.includes('*')) {
    yield* validateLonelyWildcard(nonResourceURLs, `${field}.nonResourceURLs`, 'non-resource URLs')
  } else {
    for (const [index, url] of nonResourceURLs.entries()) {
      const problem = problemOfUrl(url)
      if (problem !== undefined) yield invalidValue(`${field}.nonResourceURLs[${index}]`, url, problem)
    }
  }
}

function* validateVerbs(verbs: readonly string[], field: string): Generator<Cause> {
  if (verbs.length === 0) yield required(field, 'verbs must contain at least one value')
  else if (verbs.includes('*')) yield* validateLonelyWildcard(verbs, field, 'verbs')
  else if (!verbs.every((verb) => VERBS.includes(verb))) yield notSupported(field, verbs, VERBS)
}

function* validateLonelyWildcard(words: readonly string[], field: string, what: string): Generator<Cause> {
  if (words.length < 2 || !words.includes('*')) return
  yield invalidValue(field, words, `if '*' is present, must not specify other ${what}`)
}

/** ValidateNonResourceURLPath. */
function problemOfUrl(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const wildcardCount = url.split('*').length - 1
  const isSuffix = wildcardCount === 0 || (wildcardCount === 1 && url.endsWith('/*'))
  return isSuffix ? undefined : 'wildcard can only do suffix matching'
}
