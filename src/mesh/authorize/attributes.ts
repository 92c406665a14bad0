import type { AuthorizationOperation, AuthorizationSource } from '../config/types/authorization-policy.ts'
import { address, type Attribute, claim, filterMetadata, header, http, identity, port, text } from './attribute.ts'
import { bracketedNames, requestPrincipalPattern } from './claim-pattern.ts'
import { namespacePattern, serviceAccountPattern, trustDomainPattern } from './identity-pattern.ts'
import { isPathTemplate, pathTemplate } from './path-template.ts'
import { anyTextTest, headerPatterns, textPatterns } from './text-pattern.ts'
import { domainsWithAliases, withAliases } from './trust-domains.ts'

/*
 * What policies can ask about: fields of `source` and `operation`, and keys of `when`.
 * Rules: istio/istio pilot/pkg/security/authz/model/{model,generator}.go.
 */

const principal = identity((values, { trustDomains }) => textPatterns(withAliases(values, trustDomains)))

const namespace = identity((values) => anyTextTest(values.map(namespacePattern)))

const serviceAccount = identity((values, policy) =>
  anyTextTest(values.map((value) => serviceAccountPattern(value, policy.namespace))),
)

const trustDomain = identity((values, { trustDomains }) =>
  anyTextTest(domainsWithAliases(values, trustDomains).map(trustDomainPattern)),
)

const sourceIp = address(({ sourceAddress }) => sourceAddress)

const remoteIp = address(
  (connection, request) => request?.clientAddress ?? connection.clientAddress ?? connection.sourceAddress,
)

const requestPrincipal = http((values) => {
  const tests = values.map(requestPrincipalPattern)
  return (_, request) => tests.some((test) => test(request?.claims))
})

const host = http((values) => {
  const test = headerPatterns(values.map((value) => value.toLowerCase()))
  return (_, request) => test((request?.authority ?? '').toLowerCase())
})

const method = http((values) => {
  const test = headerPatterns(values)
  return (_, request) => test(request?.method ?? '')
})

const path: Attribute = {
  isHttp: true,
  isUsable: (value) => !isPathTemplate(value) || pathTemplate(value) !== undefined,
  compile(values) {
    const plain = textPatterns(values.filter((value) => !isPathTemplate(value)))
    const templates = values.filter(isPathTemplate).flatMap((value) => pathTemplate(value) ?? [])
    const test = anyTextTest([plain, ...templates])
    return (_, request) => test(request?.path ?? '')
  },
}

type Positive<Fields> = Exclude<keyof Fields, `not${string}`>

export const SOURCE_ATTRIBUTES: Readonly<Record<Positive<AuthorizationSource>, Attribute>> = {
  principals: principal,
  requestPrincipals: requestPrincipal,
  serviceAccounts: serviceAccount,
  trustDomains: trustDomain,
  namespaces: namespace,
  remoteIpBlocks: remoteIp,
  ipBlocks: sourceIp,
}

export const OPERATION_ATTRIBUTES: Readonly<Record<Positive<AuthorizationOperation>, Attribute>> = {
  hosts: host,
  methods: method,
  paths: path,
  ports: port,
}

const CONDITION_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map([
  ['source.ip', sourceIp],
  ['source.principal', principal],
  ['source.namespace', namespace],
  ['source.serviceAccount', serviceAccount],
  ['source.trustDomain', trustDomain],
  ['remote.ip', remoteIp],
  ['request.auth.principal', requestPrincipal],
  ['request.auth.audiences', claim(['aud'])],
  ['request.auth.presenter', claim(['azp'])],
  ['destination.ip', address(({ destinationAddress }) => destinationAddress)],
  ['destination.port', port],
  ['connection.sni', text(({ sni }) => sni ?? '')],
])

const HEADERS = 'request.headers'
const CLAIMS = 'request.auth.claims'
const FILTERS = 'experimental.envoy.filters.'

/** By the key of a condition; undefined for a key that is none. */
export function attributeOf(key: string): Attribute | undefined {
  if (key.startsWith(FILTERS)) return filterMetadata(key.slice('experimental.'.length))
  if (key.startsWith(HEADERS)) return header(key.slice(HEADERS.length))
  if (key.startsWith(CLAIMS)) return claim(bracketedNames(key.slice(CLAIMS.length)))
  return CONDITION_ATTRIBUTES.get(key)
}
