import type {
  AuthorizationCondition,
  AuthorizationPolicy,
  AuthorizationRule,
} from '../../../src/mesh/config/types/authorization-policy.ts'
import { expectSame } from '../oracle.ts'
import type { EnvoyFilter, RbacNode } from './envoy-rbac.ts'

/** One condition of a rule by itself, and what Istio makes of it. */
export interface RulePart {
  readonly policy: AuthorizationPolicy
  readonly node: RbacNode
}

/** Fields in the order in which Istio writes them. */
const OPERATION_FIELDS = ['hosts', 'methods', 'paths', 'ports']
const SOURCE_FIELDS = [
  'principals',
  'requestPrincipals',
  'serviceAccounts',
  'trustDomains',
  'namespaces',
  'remoteIpBlocks',
  'ipBlocks',
]

/** Keys that are about what is called; all others are about who calls. */
const ABOUT_DESTINATION = /^(destination\.|connection\.|experimental\.)/

/**
 * Many rules ask for so much that no call meets them. Their conditions are judged one by one: each stands alone in a
 * policy, and its counterpart is found by its place in the filter.
 */
export function partsOf(
  policies: readonly AuthorizationPolicy[],
  filters: readonly EnvoyFilter[],
): readonly RulePart[] {
  const built = Object.assign({}, ...filters.map(({ typedConfig }) => typedConfig.rules?.policies ?? {})) as Readonly<
    Record<string, { readonly permissions: readonly RbacNode[]; readonly principals: readonly RbacNode[] }>
  >
  return policies.flatMap((policy) =>
    (policy.spec?.rules ?? []).flatMap((rule, index) => {
      const { name, namespace = 'default' } = policy.metadata
      const entry = built[`ns[${namespace}]-policy[${name}]-rule[${index}]`]
      if (entry === undefined || rule === null) return []
      const operations = (rule.to ?? [{}]).map(({ operation = {} }) => ruleParts(rule, 'operation', operation))
      const sources = (rule.from ?? [{}]).map(({ source = {} }) => ruleParts(rule, 'source', source))
      return [
        ...aligned(operations, entry.permissions, 'andRules', 'rules'),
        ...aligned(sources, entry.principals, 'andIds', 'ids'),
      ].map(({ part, node }) => ({ node, policy: { ...policy, spec: { rules: [part] } } }))
    }),
  )
}

function ruleParts(
  { when = [] }: AuthorizationRule,
  side: 'operation' | 'source',
  entry: object,
): readonly AuthorizationRule[] {
  const values = entry as Readonly<Record<string, readonly string[] | undefined>>
  const names = (side === 'operation' ? OPERATION_FIELDS : SOURCE_FIELDS).flatMap((field) => [
    field,
    `not${field.charAt(0).toUpperCase()}${field.slice(1)}`,
  ])
  const fields = names.flatMap((name): AuthorizationRule[] => {
    if (values[name] === undefined) return []
    const only = { [name]: values[name] }
    return [side === 'operation' ? { to: [{ operation: only }] } : { from: [{ source: only }] }]
  })
  const isAboutSide = ({ key }: AuthorizationCondition) => ABOUT_DESTINATION.test(key) === (side === 'operation')
  const conditions = when
    .filter(isAboutSide)
    .flatMap(({ key, values: wanted = [], notValues = [] }) => [
      ...(wanted.length === 0 ? [] : [{ when: [{ key, values: wanted }] }]),
      ...(notValues.length === 0 ? [] : [{ when: [{ key, notValues }] }]),
    ])
  return [...fields, ...conditions]
}

function aligned(
  entries: readonly (readonly AuthorizationRule[])[],
  nodes: readonly RbacNode[],
  kind: string,
  list: string,
): readonly { readonly part: AuthorizationRule; readonly node: RbacNode }[] {
  return entries.flatMap((parts, index) => {
    const children = (nodes[index]?.[kind] as Readonly<Record<string, readonly RbacNode[]>> | undefined)?.[list] ?? []
    // Nothing asked is written as `any`.
    if (parts.length === 0) return []
    expectSame('number of conditions', children.length, parts.length)
    return parts.map((part, place) => ({ part, node: children[place] ?? {} }))
  })
}
