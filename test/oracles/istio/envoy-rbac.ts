import { BlockList, isIPv6 } from 'node:net'
import type { PeerConnection } from '../../../src/mesh/authorize/connection.ts'
import { headerOf, type MeshRequest } from '../../../src/mesh/route/request.ts'
import { Mismatch } from '../oracle.ts'

/*
 * Envoy's RBAC filters, read word by word as their documentation has them: slow, and written without a look at what
 * judges in the mesh.
 */

/** One filter of `expect.filters`. */
export interface EnvoyFilter {
  readonly name: string
  readonly typedConfig: {
    readonly rules?: Rbac
    readonly shadowRules?: Rbac
    readonly shadowRulesStatPrefix?: string
    /** Of a filter that asks others. */
    readonly filterEnabledMetadata?: { readonly value: { readonly stringMatch: { readonly prefix: string } } }
    readonly failureModeAllow?: boolean
  }
}

export interface Rbac {
  /** Absent: ALLOW. */
  readonly action?: 'ALLOW' | 'DENY' | 'LOG'
  readonly policies?: Readonly<Record<string, RbacPolicy>>
}

interface RbacPolicy {
  readonly permissions: readonly RbacNode[]
  readonly principals: readonly RbacNode[]
}

/** One field says what kind of node it is. */
export type RbacNode = Readonly<Record<string, unknown>>

export interface Call {
  readonly connection: PeerConnection
  readonly request: MeshRequest | undefined
}

/** Names of all policies that fit. */
export function matchingPolicies(rbac: Rbac, call: Call): readonly string[] {
  return Object.entries(rbac.policies ?? {})
    .filter(
      ([, { permissions, principals }]) =>
        permissions.some((node) => nodeMatches(node, call)) && principals.some((node) => nodeMatches(node, call)),
    )
    .map(([name]) => name)
}

export function nodeMatches(node: RbacNode, call: Call): boolean {
  const [kind = ''] = Object.keys(node)
  const evaluate = NODES[kind]
  if (evaluate === undefined) throw new Mismatch(`the filter has a node of unknown kind ${kind}`)
  // Each evaluator knows what stands in its field.
  return evaluate(node[kind] as never, call)
}

const NODES: Readonly<Record<string, (value: never, call: Call) => boolean>> = {
  any: (value: boolean) => value,
  andRules: ({ rules }: { rules: RbacNode[] }, call) => rules.every((node) => nodeMatches(node, call)),
  orRules: ({ rules }: { rules: RbacNode[] }, call) => rules.some((node) => nodeMatches(node, call)),
  notRule: (rule: RbacNode, call) => !nodeMatches(rule, call),
  andIds: ({ ids }: { ids: RbacNode[] }, call) => ids.every((node) => nodeMatches(node, call)),
  orIds: ({ ids }: { ids: RbacNode[] }, call) => ids.some((node) => nodeMatches(node, call)),
  notId: (id: RbacNode, call) => !nodeMatches(id, call),
  header(matcher: { name: string; presentMatch?: boolean; stringMatch?: StringMatch }, { request }) {
    const value = request && headerOf(request, matcher.name.toLowerCase())
    if (value === undefined) return false
    return matcher.presentMatch === true || (matcher.stringMatch !== undefined && matches(matcher.stringMatch, value))
  },
  urlPath: ({ path }: { path: StringMatch }, { request }) => request !== undefined && matches(path, request.path),
  uriTemplate: ({ typedConfig }: { typedConfig: { pathTemplate: string } }, { request }) =>
    request !== undefined && templateMatches(typedConfig.pathTemplate, request.path),
  destinationPort: (port: number, { connection }) => connection.destinationPort === port,
  destinationIp: (range: CidrRange, { connection }) => contains(range, connection.destinationAddress),
  directRemoteIp: (range: CidrRange, { connection }) => contains(range, connection.sourceAddress),
  remoteIp: (range: CidrRange, { connection, request }) =>
    contains(range, request?.clientAddress ?? connection.sourceAddress),
  requestedServerName: (match: StringMatch, { connection }) => matches(match, connection.sni ?? ''),
  authenticated: ({ principalName }: { principalName: StringMatch }, { connection }) =>
    connection.principal !== undefined && matches(principalName, `spiffe://${connection.principal}`),
  metadata({ filter, path, value }: { filter: string; path: { key: string }[]; value: ValueMatch }, call) {
    const isToken = filter === 'envoy.filters.http.jwt_authn'
    let found: unknown = isToken ? { payload: call.request?.claims } : call.connection.metadata?.[filter]
    for (const { key } of path) found = (found as Record<string, unknown> | undefined)?.[key]
    return valueMatches(value, found)
  },
}

interface StringMatch {
  readonly exact?: string
  readonly prefix?: string
  readonly suffix?: string
  readonly safeRegex?: { readonly regex: string }
  readonly ignoreCase?: boolean
}

interface ValueMatch {
  readonly stringMatch?: StringMatch
  readonly listMatch?: { readonly oneOf: ValueMatch }
  readonly orMatch?: { readonly valueMatchers: readonly ValueMatch[] }
}

interface CidrRange {
  readonly addressPrefix: string
  readonly prefixLen: number
}

function matches({ exact, prefix, suffix, safeRegex, ignoreCase = false }: StringMatch, text: string): boolean {
  const fold = (value: string) => (ignoreCase ? value.toLowerCase() : value)
  if (exact !== undefined) return fold(text) === fold(exact)
  if (prefix !== undefined) return fold(text).startsWith(fold(prefix))
  if (suffix !== undefined) return fold(text).endsWith(fold(suffix))
  return safeRegex !== undefined && new RegExp(`^(?:${safeRegex.regex})$`).test(text)
}

function valueMatches({ stringMatch, listMatch, orMatch }: ValueMatch, value: unknown): boolean {
  if (stringMatch !== undefined) return typeof value === 'string' && matches(stringMatch, value)
  if (listMatch !== undefined) return Array.isArray(value) && value.some((item) => valueMatches(listMatch.oneOf, item))
  return orMatch !== undefined && orMatch.valueMatchers.some((matcher) => valueMatches(matcher, value))
}

function contains({ addressPrefix, prefixLen }: CidrRange, address: string): boolean {
  const family = isIPv6(addressPrefix) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(addressPrefix, prefixLen, family)
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function templateMatches(template: string, path: string): boolean {
  const segment = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]"
  const expression = template
    .replace(/[$()+.]/g, '\\$&')
    .replace(/\*\*|\*/g, (star) => (star === '*' ? `${segment}+` : `(?:${segment}|/)*`))
  return new RegExp(`^${expression}$`).test(path)
}
