import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH, type MeshConfig } from '../config/mesh-config.ts'
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationRule,
  AuthorizationSource,
} from '../config/types/authorization-policy.ts'
import type { MeshRequest } from '../route/request.ts'
import { compile, update } from '../snapshot.ts'
import { auditOf, authorize, authorizerOf, dryRunOf } from './authorizer.ts'
import type { PeerConnection } from './connection.ts'

const cart = { namespace: 'shop', labels: { app: 'cart', version: 'v1' } }

const connection: PeerConnection = {
  principal: 'cluster.local/ns/shop/sa/web',
  sourceAddress: '10.0.0.1',
  destinationAddress: '10.0.0.2',
  destinationPort: 8080,
  sni: 'outbound_.80_._.cart.shop.svc.cluster.local',
}

const request: MeshRequest = { method: 'GET', scheme: 'http', authority: 'cart:80', path: '/tea/green', headers: {} }

function policy(name: string, spec: object, metadata: object = {}): ApiObject {
  const where = { name, namespace: 'shop', ...metadata }
  return { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: where, spec } as ApiObject
}

function decided(
  policies: readonly ApiObject[],
  call: { readonly connection?: Partial<PeerConnection>; readonly request?: Partial<MeshRequest> | 'none' } = {},
  mesh: Partial<MeshConfig> = {},
) {
  const authorizer = authorizerOf(compile(policies, { ...DEFAULT_MESH, ...mesh }), cart)
  const sent = call.request === 'none' ? undefined : { ...request, ...call.request }
  return authorize(authorizer, { ...connection, ...call.connection }, sent)
}

const everything: AuthorizationRule = {}
const teaOnly: AuthorizationRule = { to: [{ operation: { paths: ['/tea*'] } }] }

describe('which policy decides', () => {
  test('without any policy everything is allowed', () => {
    expect(decided([])).toMatchObject({ allowed: true, action: 'ALLOW' })
  })

  test('the rule that allows is named', () => {
    const verdict = decided([policy('a', { rules: [{ to: [{ operation: { methods: ['PUT'] } }] }, teaOnly] })])
    expect(verdict).toMatchObject({ allowed: true, action: 'ALLOW', policy: 'shop/a', rule: 1 })
  })

  test('where no ALLOW policy fits, all of them are named', () => {
    const verdict = decided([policy('a', { rules: [teaOnly] }), policy('b', {})], { request: { path: '/coffee' } })
    expect(verdict).toMatchObject({ allowed: false, candidates: ['shop/a', 'shop/b'] })
    expect(verdict.policy).toBeUndefined()
    expect(verdict.details).toBe('rbac_access_denied_matched_policy[none]')
  })

  test('DENY comes before ALLOW, whatever their order', () => {
    const policies = [policy('a', { rules: [everything] }), policy('z', { action: 'DENY', rules: [teaOnly] })]
    expect(decided(policies)).toMatchObject({ allowed: false, action: 'DENY', policy: 'shop/z', rule: 0 })
    expect(decided(policies).details).toBe('rbac_access_denied_matched_policy[ns[shop]-policy[z]-rule[0]]')
    expect(decided(policies, { request: { path: '/coffee' } }).allowed).toBe(true)
  })

  test('a policy without rules allows nothing, and denies nothing', () => {
    expect(decided([policy('a', {})]).allowed).toBe(false)
    expect(decided([policy('a', { rules: [] })]).allowed).toBe(false)
    expect(decided([policy('a', { rules: null })]).allowed).toBe(false)
    expect(decided([policy('a', { action: 'DENY' })]).allowed).toBe(true)
  })

  test('an empty rule is met by everything', () => {
    expect(decided([policy('a', { rules: [everything] })]).allowed).toBe(true)
    expect(decided([policy('a', { action: 'DENY', rules: [everything] })]).allowed).toBe(false)
  })

  test('a policy on trial decides nothing, but says what it would have', () => {
    const trial = { annotations: { 'istio.io/dry-run': 'true' } }
    const policies = [policy('a', { rules: [] }, trial), policy('b', { action: 'DENY', rules: [teaOnly] }, trial)]
    expect(decided(policies).allowed).toBe(true)
    const authorizer = authorizerOf(compile(policies, DEFAULT_MESH), cart)
    expect(dryRunOf(authorizer, connection, request)).toMatchObject({
      allow: { allowed: false, candidates: ['shop/a'] },
      deny: { allowed: false, policy: 'shop/b' },
    })
    expect(dryRunOf(authorizerOf(compile([], DEFAULT_MESH), cart), connection, request)).toBeUndefined()
  })

  test('AUDIT notes, and decides nothing', () => {
    const authorizer = authorizerOf(compile([policy('a', { action: 'AUDIT', rules: [teaOnly] })], DEFAULT_MESH), cart)
    expect(authorize(authorizer, connection, request).allowed).toBe(true)
    expect(auditOf(authorizer, connection, request)).toMatchObject({ name: 'a', rule: 0 })
    expect(auditOf(authorizer, connection, { ...request, path: '/' })).toBeUndefined()
  })
})

describe('the dash trap', () => {
  const from: AuthorizationRule = { from: [{ source: { namespaces: ['office'] } }] }
  const when: AuthorizationRule = { when: [{ key: 'request.headers[x-api-version]', values: ['v1'] }] }

  test('two rules are two ways in: any path for the office, and anybody for the path', () => {
    const trap = [policy('a', { rules: [from, teaOnly, when] })]
    expect(decided(trap)).toMatchObject({ allowed: true, rule: 1 })
    expect(decided(trap, { connection: { principal: undefined } })).toMatchObject({ allowed: true, rule: 1 })
    const versioned = { path: '/coffee', headers: { 'x-api-version': 'v1' } }
    expect(decided(trap, { request: versioned })).toMatchObject({ allowed: true, rule: 2 })
  })

  test('one rule with all of them is the way that was meant', () => {
    const meant = [policy('a', { rules: [{ ...from, ...teaOnly, ...when }] })]
    const office = { principal: 'cluster.local/ns/office/sa/web' }
    expect(decided(meant).allowed).toBe(false)
    expect(decided(meant, { connection: office }).allowed).toBe(false)
    expect(decided(meant, { connection: office, request: { headers: { 'x-api-version': 'v1' } } }).allowed).toBe(true)
  })
})

describe('which workloads a policy is for', () => {
  const refusing = { action: 'DENY', rules: [everything] }

  test.each<[string, object, object, boolean]>([
    ['those of its namespace', {}, {}, true],
    ['not those of others', {}, { namespace: 'pay' }, false],
    ['those with its labels', { selector: { matchLabels: { app: 'cart' } } }, {}, true],
    ['not those that lack one', { selector: { matchLabels: { app: 'cart', version: 'v2' } } }, {}, false],
    ['all, from the root namespace', {}, { namespace: 'istio-system' }, true],
    ['none but gateways, with references', { targetRefs: [{ kind: 'Gateway', name: 'cart' }] }, {}, false],
  ])('%s', (_, target, metadata, isFor) => {
    expect(decided([policy('a', { ...target, ...refusing }, metadata)]).allowed).toBe(!isFor)
  })

  test('a gateway of the Gateway API is meant by its name', () => {
    const gateway = { namespace: 'shop', labels: { 'gateway.networking.k8s.io/gateway-name': 'front' } }
    const to = (name: string, metadata: object = {}) =>
      policy(
        'a',
        { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name }], ...refusing },
        metadata,
      )
    const isRefused = (object: ApiObject) =>
      !authorize(authorizerOf(compile([object], DEFAULT_MESH), gateway), connection, request).allowed
    expect(isRefused(to('front'))).toBe(true)
    expect(isRefused(to('back'))).toBe(false)
    expect(isRefused(to('front', { namespace: 'istio-system' }))).toBe(false)
    expect(isRefused(policy('a', refusing))).toBe(true)
  })
})

describe('plain TCP', () => {
  const mixed: AuthorizationRule = {
    from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
    to: [{ operation: { ports: ['8080'], methods: ['GET'] } }],
  }

  test('a rule that allows by what only HTTP has is dropped, so that less is allowed', () => {
    expect(decided([policy('a', { rules: [mixed] })], { request: 'none' }).allowed).toBe(false)
    expect(decided([policy('a', { rules: [mixed] })]).allowed).toBe(true)
  })

  test('a rule that denies forgets what only HTTP has, so that more is denied', () => {
    const denying = [policy('a', { action: 'DENY', rules: [{ to: [{ operation: { methods: ['DELETE'] } }] }] })]
    expect(decided(denying, { request: 'none' }).allowed).toBe(false)
    expect(decided(denying).allowed).toBe(true)
    const narrow = [policy('a', { action: 'DENY', rules: [mixed] })]
    expect(decided(narrow, { request: 'none', connection: { destinationPort: 9090 } }).allowed).toBe(true)
  })

  test('who calls, from where and for what name is known of bytes too', () => {
    const when = (key: string, value: string) => [policy('a', { rules: [{ when: [{ key, values: [value] }] }] })]
    for (const [key, value] of [
      ['source.namespace', 'shop'],
      ['source.ip', '10.0.0.0/24'],
      ['destination.ip', '10.0.0.2'],
      ['destination.port', '8080'],
      ['connection.sni', '*.cart.shop.svc.cluster.local'],
    ] as const) {
      expect(decided(when(key, value), { request: 'none' }).allowed, key).toBe(true)
      expect(decided(when(key, key.endsWith('port') ? '1' : '9.9.9.9'), { request: 'none' }).allowed, key).toBe(false)
    }
  })
})

describe('a source', () => {
  test.each<[AuthorizationSource, Partial<PeerConnection> & Partial<MeshRequest>, boolean]>([
    [{ principals: ['*'] }, {}, true],
    [{ principals: ['*'] }, { principal: undefined }, false],
    [{ notPrincipals: ['*'] }, { principal: undefined }, true],
    [{ principals: ['cluster.local/ns/shop/*'] }, {}, true],
    [{ principals: ['*/sa/web'] }, {}, true],
    [{ principals: ['cluster.local/ns/shop/sa/we'] }, {}, false],
    [{ namespaces: ['shop'] }, {}, true],
    [{ namespaces: ['sho'] }, {}, false],
    [{ namespaces: ['s*p'] }, {}, true],
    [{ notNamespaces: ['shop'] }, { principal: undefined }, true],
    [{ serviceAccounts: ['web'] }, {}, true],
    [{ serviceAccounts: ['shop/web'] }, {}, true],
    [{ serviceAccounts: ['pay/web'] }, {}, false],
    [{ trustDomains: ['cluster.local'] }, {}, true],
    [{ trustDomains: ['cluster'] }, {}, false],
    [{ trustDomains: ['*.local'] }, {}, true],
    [{ trustDomains: ['*'] }, { principal: undefined }, false],
    [{ ipBlocks: ['10.0.0.0/16'] }, {}, true],
    [{ ipBlocks: ['fd00::/8', '10.0.0.1'] }, { sourceAddress: 'fd00::1' }, true],
    [{ notIpBlocks: ['10.0.0.1'] }, {}, false],
    [{ remoteIpBlocks: ['203.0.113.0/24'] }, { clientAddress: '203.0.113.7' }, true],
    [{ remoteIpBlocks: ['10.0.0.1'] }, {}, true],
    [{ requestPrincipals: ['issuer/sub'] }, { claims: { iss: 'issuer', sub: 'sub' } }, true],
    [{ requestPrincipals: ['https://a.in/x/sub'] }, { claims: { iss: 'https://a.in/x', sub: 'sub' } }, true],
    [{ requestPrincipals: ['issuer/*'] }, { claims: { iss: 'issuer', sub: 'any' } }, true],
    [{ requestPrincipals: ['*/sub'] }, { claims: { iss: 'any', sub: 'sub' } }, true],
    [{ requestPrincipals: ['*'] }, { claims: { iss: 'any', sub: 'any' } }, true],
    [{ requestPrincipals: ['*'] }, { claims: { iss: 'any' } }, false],
    [{ requestPrincipals: ['*'] }, {}, false],
    [{ notRequestPrincipals: ['*'] }, {}, true],
  ])('%j with %j: %s', (source, call, expected) => {
    const rules = [{ from: [{ source }] }]
    expect(decided([policy('a', { rules })], { connection: call, request: call }).allowed).toBe(expected)
  })

  test('all fields have to fit, and one of several sources', () => {
    const narrow = { namespaces: ['shop'], ipBlocks: ['9.9.9.9'] }
    expect(decided([policy('a', { rules: [{ from: [{ source: narrow }] }] })]).allowed).toBe(false)
    const wide = [{ source: narrow }, { source: { namespaces: ['shop'] } }]
    expect(decided([policy('a', { rules: [{ from: wide }] })]).allowed).toBe(true)
  })
})

describe('an operation', () => {
  test.each<[AuthorizationOperation, Partial<MeshRequest>, boolean]>([
    [{ hosts: ['CART:80'] }, {}, true],
    [{ hosts: ['cart'] }, {}, false],
    [{ hosts: ['cart*'] }, {}, true],
    [{ notHosts: ['*.in'] }, { authority: 'shop.IN' }, false],
    [{ methods: ['GET', 'HEAD'] }, {}, true],
    [{ methods: ['get'] }, {}, false],
    [{ notMethods: ['GET'] }, {}, false],
    [{ paths: ['/tea'] }, {}, false],
    [{ paths: ['/tea/*'] }, {}, true],
    [{ paths: ['*/green'] }, {}, true],
    [{ paths: ['/tea/green'] }, { query: 'x=y' }, true],
    [{ paths: ['/tea/{*}'] }, {}, true],
    [{ paths: ['/tea/{*}'] }, { path: '/tea/green/leaf' }, false],
    [{ paths: ['/{**}/leaf'] }, { path: '/tea/green/leaf' }, true],
    [{ paths: ['/tea*'], notPaths: ['/tea/green'] }, {}, false],
    [{ ports: ['8080'] }, {}, true],
    [{ notPorts: ['8080'] }, {}, false],
  ])('%j with %j: %s', (operation, call, expected) => {
    const rules = [{ to: [{ operation }] }]
    expect(decided([policy('a', { rules })], { request: call }).allowed).toBe(expected)
  })
})

describe('a condition', () => {
  const claims = { aud: ['tea', 'coffee'], azp: 'app', roles: 'admin', org: { unit: ['green'] } }
  const metadata = { 'envoy.filters.a.b': { c: 'exact', list: ['x', 'y'] } }

  test.each<[AuthorizationCondition, boolean]>([
    [{ key: 'request.headers[X-Region]', values: ['mum*'] }, true],
    [{ key: 'request.headers[x-region]', notValues: ['mumbai'] }, false],
    [{ key: 'request.headers[x-none]', notValues: ['mumbai'] }, true],
    [{ key: 'request.headers[x-empty]', values: ['*'] }, true],
    [{ key: 'request.headers[:method]', values: ['GET'] }, true],
    [{ key: 'source.principal', values: ['cluster.local/ns/shop/sa/web'] }, true],
    [{ key: 'source.serviceAccount', values: ['web'] }, true],
    [{ key: 'source.trustDomain', notValues: ['cluster.local'] }, false],
    [{ key: 'remote.ip', values: ['10.0.0.1'] }, true],
    [{ key: 'request.auth.audiences', values: ['coffee'] }, true],
    [{ key: 'request.auth.presenter', values: ['app'] }, true],
    [{ key: 'request.auth.claims[roles]', values: ['ad*'] }, true],
    [{ key: 'request.auth.claims[org][unit]', values: ['green'] }, true],
    [{ key: 'request.auth.claims[org]', values: ['green'] }, false],
    [{ key: 'destination.port', values: ['8080'], notValues: ['8080'] }, false],
    [{ key: 'experimental.envoy.filters.a.b[c]', values: ['exa*'] }, true],
    [{ key: 'experimental.envoy.filters.a.b[list]', values: ['[y]'] }, true],
    [{ key: 'experimental.envoy.filters.a.b[list]', values: ['y'] }, false],
    [{ key: 'request.headers[x-region]' }, true],
  ])('%j: %s', (condition, expected) => {
    const call = { claims, headers: { 'x-region': 'mumbai', 'x-empty': '' } }
    const rules = [{ when: [condition] }]
    expect(decided([policy('a', { rules })], { request: call, connection: { metadata } }).allowed).toBe(expected)
  })

  test('a key that is none takes its rule away, also from a policy that denies', () => {
    const rules = [{ when: [{ key: 'source.shoe', values: ['left'] }] }]
    expect(decided([policy('a', { rules })]).allowed).toBe(false)
    expect(decided([policy('a', { action: 'DENY', rules })]).allowed).toBe(true)
  })
})

test('identities of all names of the mesh are meant by one', () => {
  const rules = [{ from: [{ source: { principals: ['old-td/ns/shop/sa/web'] } }] }]
  const mesh = { trustDomain: 'new-td', trustDomainAliases: ['old-td'] }
  const as = (domain: string) => ({ connection: { principal: `${domain}/ns/shop/sa/web` } })
  expect(decided([policy('a', { rules })], as('new-td'), mesh).allowed).toBe(true)
  expect(decided([policy('a', { rules })], as('old-td'), mesh).allowed).toBe(true)
  expect(decided([policy('a', { rules })], as('other'), mesh).allowed).toBe(false)
})

test('what was worked out is kept until a policy changes', () => {
  const first = policy('a', { rules: [teaOnly] })
  const snapshot = compile([first], DEFAULT_MESH)
  const authorizer = authorizerOf(snapshot, cart)
  expect(authorizerOf(snapshot, cart)).toBe(authorizer)
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x', namespace: 'shop' } }
  expect(authorizerOf(update(snapshot, { after: service }), cart)).toBe(authorizer)
  const changed = update(snapshot, { before: first, after: policy('a', { rules: [] }) })
  expect(authorize(authorizerOf(changed, cart), connection, request).allowed).toBe(false)
  const gone = update(changed, { before: policy('a', { rules: [] }) })
  expect(authorize(authorizerOf(gone, cart), connection, request).allowed).toBe(true)
  expect(authorize(authorizerOf(snapshot, cart), connection, request).allowed).toBe(true)
})
