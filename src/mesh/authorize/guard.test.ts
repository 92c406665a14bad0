import { describe, expect, test } from 'vitest'
import { tokenIssuer } from '../../../test/support/signed-tokens.ts'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import { compile } from '../snapshot.ts'
import { type ExternalAnswer, guardOf, type GuardOptions } from './guard.ts'
import { UNOBTAINABLE_KEYS } from './jwt/key-set.ts'

const issuer = tokenIssuer('ES256')
const connection = {
  principal: 'td/ns/shop/sa/web',
  sourceAddress: '10.0.0.1',
  destinationAddress: '10.0.0.2',
  destinationPort: 80,
}
const request = { method: 'GET', scheme: 'http', authority: 'cart', path: '/tea' }
const keys = { keysOf: () => UNOBTAINABLE_KEYS }

function object(kind: string, name: string, spec: object): ApiObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, spec } as ApiObject
}

const tokens = object('RequestAuthentication', 'tokens', {
  jwtRules: [
    {
      issuer: 'tea',
      jwks: JSON.stringify({ keys: [issuer.jwk] }),
      outputClaimToHeaders: [{ header: 'x-sub', claim: 'sub' }],
    },
  ],
})
const asking = object('AuthorizationPolicy', 'asking', { action: 'CUSTOM', provider: { name: 'checker' }, rules: [{}] })
const checker = { clusterIP: '10.96.0.1', ports: [{ port: 9000 }] }

function guard(objects: readonly ApiObject[], options: Partial<GuardOptions> & { readonly failOpen?: boolean } = {}) {
  const { failOpen = false, ...others } = options
  const envoyExtAuthzGrpc = { service: 'checker.shop.svc.cluster.local', port: 9000, failOpen, statusOnError: '503' }
  const mesh = { ...DEFAULT_MESH, extensionProviders: [{ name: 'checker', envoyExtAuthzGrpc }] }
  const snapshot = compile([...objects, object('Service', 'checker', checker)], mesh)
  return guardOf({ keys, ...others })(snapshot, { namespace: 'shop', labels: {} })
}

function policy(rule: object, action = 'ALLOW'): ApiObject {
  return object('AuthorizationPolicy', 'policy', { action, rules: [rule] })
}

const bearer = { headers: { authorization: `Bearer ${issuer.token({ iss: 'tea', sub: 'ann' })}` } }

test('where no policy speaks of a workload there is no guard', () => {
  expect(guard([])).toBeUndefined()
  expect(guard([object('AuthorizationPolicy', 'a', { action: 'AUDIT', rules: [{}] })])).toBeUndefined()
})

test('a refusal is what Envoy answers, and names the policy', () => {
  expect(guard([policy({}, 'DENY')])?.request(connection, request, 0)).toEqual({
    allowed: false,
    reply: {
      status: 403,
      body: 'RBAC: access denied',
      details: 'rbac_access_denied_matched_policy[ns[shop]-policy[policy]-rule[0]]',
      headers: [],
    },
    policy: 'shop/policy',
    flags: [],
  })
  expect(guard([policy({}, 'DENY')])?.connection(connection)).toMatchObject({ allowed: false, policy: 'shop/policy' })
})

describe('tokens come before policies', () => {
  const forAnn = policy({ from: [{ source: { requestPrincipals: ['tea/ann'] } }] })

  test('so that policies can ask who sent one', () => {
    const both = guard([tokens, forAnn])
    expect(both?.request(connection, { ...request, ...bearer }, 0)).toMatchObject({
      allowed: true,
      claims: { sub: 'ann' },
      changes: [
        { op: 'add', name: 'x-sub', value: 'ann' },
        { op: 'remove', name: 'authorization' },
      ],
    })
    expect(both?.request(connection, request, 0)).toMatchObject({ allowed: false, reply: { status: 403 } })
    const forged = { headers: { authorization: 'Bearer x' } }
    expect(both?.request(connection, { ...request, ...forged }, 0)).toMatchObject({
      allowed: false,
      reply: { status: 401, headers: ['www-authenticate', 'Bearer realm="http://cart/tea", error="invalid_token"'] },
      policy: undefined,
    })
  })

  test('and see the headers that a token made, not those that it came in', () => {
    const made = policy({ when: [{ key: 'request.headers[x-sub]', values: ['ann'] }] })
    const gone = policy({ when: [{ key: 'request.headers[authorization]', values: ['*'] }] })
    expect(guard([tokens, made])?.request(connection, { ...request, ...bearer }, 0).allowed).toBe(true)
    expect(guard([tokens, gone])?.request(connection, { ...request, ...bearer }, 0).allowed).toBe(false)
  })
})

describe('who is asked from outside comes first', () => {
  const answering = (answer: ExternalAnswer) => guard([tokens, asking], { ask: () => answer })

  test('and can refuse in its own words', () => {
    const refused = answering({ kind: 'refused', status: 402, body: 'pay first', headers: ['x-price', '1'] })
    expect(refused?.request(connection, { ...request, headers: { authorization: 'Bearer x' } }, 0)).toEqual({
      allowed: false,
      reply: { status: 402, body: 'pay first', headers: ['x-price', '1'], details: 'ext_authz_denied' },
      policy: 'shop/asking',
      flags: ['UAEX'],
    })
    expect(refused?.connection(connection)).toMatchObject({ allowed: false, policy: 'shop/asking' })
  })

  test('and can add to the request', () => {
    const changes = [{ op: 'set', name: 'x-user', value: 'ann' }] as const
    expect(answering({ kind: 'allowed', changes })?.request(connection, request, 0)).toMatchObject({
      allowed: true,
      changes,
    })
  })

  test('who cannot be reached refuses, unless the mesh says otherwise', () => {
    expect(guard([asking])?.request(connection, request, 0)).toMatchObject({
      allowed: false,
      reply: { status: 503, details: 'ext_authz_error' },
      flags: ['UAEX'],
    })
    expect(guard([asking], { failOpen: true })?.request(connection, request, 0).allowed).toBe(true)
    expect(guard([asking], { failOpen: true })?.connection(connection).allowed).toBe(true)
    expect(guard([asking])?.connection(connection).allowed).toBe(false)
  })
})
