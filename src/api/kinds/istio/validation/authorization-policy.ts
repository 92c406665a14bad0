import type { Annotated } from './annotations.ts'
import { pathTemplateProblem } from './path-template.ts'
import {
  emptyValueProblem,
  serviceAccountProblem,
  trustDomainValueProblem,
  validateAttribute,
  validateIpBlocks,
  validatePorts,
} from './policy-values.ts'
import { countOf, error, errorOf, isGiven, type Maybe, printErrors, type Problem, warning } from './problem.ts'
import { type Targeted, validateTargets } from './selectors.ts'

export interface AuthorizationPolicy extends Targeted {
  readonly action?: string
  readonly provider?: Maybe<{ readonly name?: string }>
  readonly rules?: Maybe<readonly Maybe<Rule>[]>
}

interface Rule {
  readonly from?: Maybe<readonly Maybe<{ readonly source?: Maybe<Source> }>[]>
  readonly to?: Maybe<readonly Maybe<{ readonly operation?: Maybe<Operation> }>[]>
  readonly when?: Maybe<readonly Maybe<Condition>[]>
}

type Values = Maybe<readonly string[]>

/** Each list has one of the other sense, whose name begins with `not`. */
type Source = Partial<
  Readonly<
    Record<
      | 'principals'
      | 'notPrincipals'
      | 'requestPrincipals'
      | 'notRequestPrincipals'
      | 'namespaces'
      | 'notNamespaces'
      | 'serviceAccounts'
      | 'notServiceAccounts'
      | 'trustDomains'
      | 'notTrustDomains'
      | 'ipBlocks'
      | 'notIpBlocks'
      | 'remoteIpBlocks'
      | 'notRemoteIpBlocks',
      Values
    >
  >
>

type Operation = Partial<
  Readonly<
    Record<'hosts' | 'notHosts' | 'ports' | 'notPorts' | 'methods' | 'notMethods' | 'paths' | 'notPaths', Values>
  >
>

interface Condition {
  readonly key?: string
  readonly values?: Values
  readonly notValues?: Values
}

/** All errors are told of the policy by its name. */
export function* validateAuthorizationPolicy(policy: AuthorizationPolicy, object: Annotated): Generator<Problem> {
  for (const problem of validatePolicy(policy)) {
    if (problem.severity === 'warning') yield problem
    else yield { ...problem, text: `invalid policy ${object.name}.${object.namespace}: ${problem.text}` }
  }
}

const NEVER = 'action without `rules` is meaningless as it will never be triggered'
const INSTEAD = 'add an empty rule `{}` if you want it be triggered for every request'

function* validatePolicy(policy: AuthorizationPolicy): Generator<Problem> {
  const { action = 'ALLOW', provider, rules } = policy
  yield* validateTargets(policy)
  if (action === 'CUSTOM') yield* validateCustom(policy)
  else if (isGiven(provider)) yield error(`\`provider\` must not be with non CUSTOM action, found ${action}`)
  if (action === 'DENY' && !isGiven(rules)) yield error(`DENY ${NEVER}, ${INSTEAD}`)
  for (const [index, rule] of (rules ?? []).entries()) {
    if (isGiven(rule)) yield* validateRule(rule, { index, action })
    else yield error(`\`rule\` must not be nil, found at rule ${index}`)
  }
}

const FIELDS_OF_IDENTITY = [
  ['namespaces', 'Namespaces'],
  ['notNamespaces', 'NotNamespaces'],
  ['serviceAccounts', 'ServiceAccounts'],
  ['notServiceAccounts', 'NotServiceAccounts'],
  ['trustDomains', 'TrustDomains'],
  ['notTrustDomains', 'NotTrustDomains'],
  ['principals', 'Principals'],
  ['notPrincipals', 'NotPrincipals'],
  ['requestPrincipals', 'RequestPrincipals'],
  ['notRequestPrincipals', 'NotRequestPrincipals'],
] as const
const KEYS_OF_IDENTITY: readonly string[] = [
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
  'source.principal',
]

/** Whom another service is asked about must be known before the request's sender is. */
function* validateCustom({ provider, rules }: AuthorizationPolicy): Generator<Problem> {
  if (!isGiven(rules)) yield error(`CUSTOM ${NEVER}, ${INSTEAD}`)
  else if ((provider?.name ?? '') === '') yield error('`provider.name` must not be empty')
  const unsupported = (what: string): Problem => error(`${what} is currently not supported with CUSTOM action`)
  for (const rule of rules ?? []) {
    for (const { source } of (rule?.from ?? []).filter(isGiven)) {
      for (const [field, name] of FIELDS_OF_IDENTITY) {
        if (countOf(source?.[field]) > 0) yield unsupported(`From.${name}`)
      }
    }
    for (const condition of rule?.when ?? []) {
      const { key = '' } = condition ?? {}
      if (!isGiven(condition)) yield error('when field cannot be nil')
      else if (KEYS_OF_IDENTITY.includes(key) || key.startsWith('request.auth.')) yield unsupported(key)
    }
  }
}

function* validateRule(
  { from, to, when }: Rule,
  { index, action }: { readonly index: number; readonly action: string },
): Generator<Problem> {
  const at = `found at rule ${index}`
  if (isGiven(from) && from.length === 0) yield error(`\`from\` must not be empty, ${at}`)
  for (const one of from ?? []) {
    if (!isGiven(one)) yield error(`\`from\` must not be nil, ${at}`)
    else if (!isGiven(one.source)) yield error(`\`from.source\` must not be nil, ${at}`)
    else yield* validateSource(one.source, at)
  }
  if (isGiven(to) && to.length === 0) yield error(`\`to\` must not be empty, ${at}`)
  for (const one of to ?? []) {
    if (!isGiven(one)) yield error(`\`to\` must not be nil, ${at}`)
    else if (!isGiven(one.operation)) yield error(`\`to.operation\` must not be nil, ${at}`)
    else yield* validateOperation(one.operation, at)
  }
  for (const condition of when ?? []) yield* validateCondition(condition ?? {})
  if (action === 'DENY' && isForHttpOnly({ from, to })) {
    const because = 'due to the use of only HTTP attributes in a DENY rule'
    const better = 'it is recommended to explicitly specify the port'
    yield warning(
      `configured AuthorizationPolicy will deny all traffic to TCP ports under its scope ${because}; ${better}`,
    )
  }
}

const TCP_SOURCES = [
  'notPrincipals',
  'principals',
  'ipBlocks',
  'notIpBlocks',
  'namespaces',
  'notNamespaces',
  'remoteIpBlocks',
  'notRemoteIpBlocks',
  'serviceAccounts',
  'notServiceAccounts',
] as const

/** Whether nothing in it can be asked of a TCP connection. */
function isForHttpOnly({ from, to }: Pick<Rule, 'from' | 'to'>): boolean {
  const sources = (from ?? []).map((one) => one?.source).filter(isGiven)
  const operations = (to ?? []).map((one) => one?.operation).filter(isGiven)
  if (operations.length > 0) return !operations.some(({ ports, notPorts }) => isGiven(ports) || isGiven(notPorts))
  return sources.length > 0 && !sources.some((source) => TCP_SOURCES.some((field) => isGiven(source[field])))
}

function* validateSource(source: Source, at: string): Generator<Problem> {
  const named = [source.principals, source.notPrincipals, source.namespaces, source.notNamespaces]
  const accounts = [source.serviceAccounts, source.notServiceAccounts]
  if (named.some((values) => countOf(values) > 0) && accounts.some((values) => countOf(values) > 0)) {
    yield error(`cannot set serviceAccounts with namespaces or principals, ${at}`)
  }
  if (!Object.values(source).some((values) => countOf(values) > 0)) {
    yield error(`\`from.source\` must not be empty, ${at}`)
  }
  yield* validateIpBlocks(source.ipBlocks)
  yield* validateIpBlocks(source.notIpBlocks)
  yield* validateIpBlocks(source.remoteIpBlocks)
  yield* validateIpBlocks(source.notRemoteIpBlocks)
  yield* errorOf(emptyValueProblem(source.principals, 'Principals'))
  yield* errorOf(emptyValueProblem(source.requestPrincipals, 'RequestPrincipals'))
  yield* errorOf(emptyValueProblem(source.namespaces, 'Namespaces'))
  yield* errorOf(serviceAccountProblem(source.serviceAccounts, 'ServiceAccounts'))
  yield* errorOf(trustDomainValueProblem(source.trustDomains, 'TrustDomains'))
  yield* errorOf(emptyValueProblem(source.ipBlocks, 'IpBlocks'))
  yield* errorOf(emptyValueProblem(source.remoteIpBlocks, 'RemoteIpBlocks'))
  yield* errorOf(emptyValueProblem(source.notPrincipals, 'NotPrincipals'))
  yield* errorOf(emptyValueProblem(source.notRequestPrincipals, 'NotRequestPrincipals'))
  yield* errorOf(emptyValueProblem(source.notNamespaces, 'NotNamespaces'))
  yield* errorOf(serviceAccountProblem(source.notServiceAccounts, 'NotServiceAccounts'))
  yield* errorOf(trustDomainValueProblem(source.notTrustDomains, 'NotTrustDomains'))
  yield* errorOf(emptyValueProblem(source.notIpBlocks, 'NotIpBlocks'))
  yield* errorOf(emptyValueProblem(source.notRemoteIpBlocks, 'NotRemoteIpBlocks'))
}

const OPERATION_FIELDS = [
  ['ports', 'Ports'],
  ['methods', 'Methods'],
  ['paths', 'Paths'],
  ['hosts', 'Hosts'],
  ['notPorts', 'NotPorts'],
  ['notMethods', 'NotMethods'],
  ['notPaths', 'NotPaths'],
  ['notHosts', 'NotHosts'],
] as const

function* validateOperation(operation: Operation, at: string): Generator<Problem> {
  if (!OPERATION_FIELDS.some(([field]) => countOf(operation[field]) > 0)) {
    yield error(`\`to.operation\` must not be empty, ${at}`)
  }
  yield* validatePorts(operation.ports)
  yield* validatePorts(operation.notPorts)
  for (const [field, name] of OPERATION_FIELDS) yield* errorOf(emptyValueProblem(operation[field], name))
  yield* errorOf(pathsProblem(operation.paths, 'Paths'))
  yield* errorOf(pathsProblem(operation.notPaths, 'NotPaths'))
}

function pathsProblem(paths: Values, field: string): string | undefined {
  return (paths ?? []).map((path) => pathTemplateProblem(path, field)).find((problem) => problem !== undefined)
}

function* validateCondition({ key = '', values, notValues }: Condition): Generator<Problem> {
  if (key === '') yield error('`key` must not be empty')
  else if (countOf(values) + countOf(notValues) === 0) {
    yield error(`at least one of \`values\` or \`notValues\` must be set for key ${key}`)
  } else {
    const value = printErrors(validateAttribute(key, values))
    const notValue = printErrors(validateAttribute(key, notValues))
    if (value !== undefined) yield error(`invalid \`value\` for \`key\` ${key}: ${value}`)
    if (notValue !== undefined) yield error(`invalid \`notValue\` for \`key\` ${key}: ${notValue}`)
  }
}
