import type {
  AuthorizationOperation,
  AuthorizationRule,
  AuthorizationSource,
} from '../config/types/authorization-policy.ts'
import type { Attribute, PolicyContext } from './attribute.ts'
import { attributeOf, OPERATION_ATTRIBUTES, SOURCE_ATTRIBUTES } from './attributes.ts'
import { allOf, anyOf, type Condition } from './connection.ts'

export interface RuleContext extends PolicyContext {
  readonly forTcp: boolean
  /**
   * What becomes of a rule that asks for what there is not, as HTTP on plain TCP: one that allows is dropped, so that less
   * is allowed; one that denies asks for the rest, so that more is denied.
   */
  readonly dropsFlawed: boolean
}

/** Undefined for a rule that is dropped. Rules: istio/istio pilot/pkg/security/authz/model/model.go. */
export function compileRule(
  { from = [], to = [], when = [] }: AuthorizationRule,
  context: RuleContext,
): Condition | undefined {
  const asked: Asked[] = []
  for (const { key, values = [], notValues = [] } of when) {
    const attribute = attributeOf(key)
    if (attribute === undefined) return undefined
    asked.push({ attribute, values, notValues })
  }
  const conditions = conditionsOf(asked, context)
  const operations = alternatives(
    to.map(({ operation = {} }) => askedOfOperation(operation)),
    context,
  )
  const sources = alternatives(
    from.map(({ source = {} }) => askedOfSource(source)),
    context,
  )
  if (conditions === undefined || operations === undefined || sources === undefined) return undefined
  return allOf([...operations, ...sources, ...conditions]) ?? always
}

/** Values and values that must not be, of one attribute. */
interface Asked {
  readonly attribute: Attribute
  readonly values: readonly string[]
  readonly notValues: readonly string[]
}

function always(): boolean {
  return true
}

/** None of them: everything fits. */
function alternatives(entries: readonly (readonly Asked[])[], context: RuleContext): readonly Condition[] | undefined {
  const compiled: Condition[] = []
  for (const entry of entries) {
    const conditions = conditionsOf(entry, context)
    if (conditions === undefined) return undefined
    compiled.push(allOf(conditions) ?? always)
  }
  return compiled.length === 0 || compiled.includes(always) ? [] : [anyOf(compiled)]
}

function conditionsOf(asked: readonly Asked[], context: RuleContext): readonly Condition[] | undefined {
  const conditions: Condition[] = []
  for (const { attribute, values, notValues } of asked) {
    const usable = usableOf(attribute, values, context)
    const notUsable = usableOf(attribute, notValues, context)
    const isFlawed = usable.length < values.length || notUsable.length < notValues.length
    if (isFlawed && context.dropsFlawed) return undefined
    if (usable.length > 0) conditions.push(attribute.compile(usable, context))
    if (notUsable.length > 0) conditions.push(not(attribute.compile(notUsable, context)))
  }
  return conditions
}

function usableOf(attribute: Attribute, values: readonly string[], { forTcp }: RuleContext): readonly string[] {
  return attribute.isHttp && forTcp ? [] : values.filter((value) => attribute.isUsable(value))
}

function not(condition: Condition): Condition {
  return (connection, request) => !condition(connection, request)
}

/** What is cheap to compare comes first: often it decides. */
function askedOfOperation(operation: AuthorizationOperation): readonly Asked[] {
  const { hosts, notHosts, methods, notMethods, paths, notPaths, ports, notPorts } = operation
  const { hosts: host, methods: method, paths: path, ports: port } = OPERATION_ATTRIBUTES
  return [
    asking(port, ports, notPorts),
    asking(method, methods, notMethods),
    asking(path, paths, notPaths),
    asking(host, hosts, notHosts),
  ]
}

function askedOfSource(source: AuthorizationSource): readonly Asked[] {
  const of = SOURCE_ATTRIBUTES
  return [
    asking(of.principals, source.principals, source.notPrincipals),
    asking(of.requestPrincipals, source.requestPrincipals, source.notRequestPrincipals),
    asking(of.serviceAccounts, source.serviceAccounts, source.notServiceAccounts),
    asking(of.trustDomains, source.trustDomains, source.notTrustDomains),
    asking(of.namespaces, source.namespaces, source.notNamespaces),
    asking(of.remoteIpBlocks, source.remoteIpBlocks, source.notRemoteIpBlocks),
    asking(of.ipBlocks, source.ipBlocks, source.notIpBlocks),
  ]
}

function asking(attribute: Attribute, values: readonly string[] = [], notValues: readonly string[] = []): Asked {
  return { attribute, values, notValues }
}
