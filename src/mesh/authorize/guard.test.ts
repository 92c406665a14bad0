import { describe, expect, test } from 'vitest'
import { tokenIssuer } from '../../../test/support/signed-tokens.ts'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import { compile } from '../snapshot.ts'
import { guardOf } from './guard.ts'
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

function guard(objects: readonly ApiObject[]) {
  const envoyExtAuthzGrpc = { service: 'checker.shop.svc.cluster.local', port: 9000, statusOnError: '503' }
  const mesh = { ...DEFAULT_MESH, extensionProviders: [{ name: 'checker', envoyExtAuthzGrpc }] }
  const snapshot = compile([...objects, object('Service', 'checker', checker)], mesh)
  return guardOf({ keys })(snapshot, { namespace: 'shop', labels: {} })
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
  test('and is told apart from what the guard itself says, which does not wait for it', () => {
    const asked = guard([tokens, asking])
    expect(asked?.nextCheck(connection, request, 0)).toMatchObject({
      check: { provider: { name: 'checker', statusOnError: 503 }, refused: { policy: 'shop/asking' } },
      next: 1,
    })
    expect(asked?.nextCheck(connection, undefined, 0)).toMatchObject({ next: 1 })
    expect(asked?.nextCheck(connection, request, 1)).toBeUndefined()
    expect(asked?.request(connection, request, 0).allowed).toBe(true)
    expect(asked?.connection(connection).allowed).toBe(true)
  })

  test('only about what the rules of the policy are about', () => {
    const rules = [{ to: [{ operation: { paths: ['/admin'] } }] }]
    const onAdmin = object('AuthorizationPolicy', 'asking', { action: 'CUSTOM', provider: { name: 'checker' }, rules })
    expect(guard([onAdmin])?.nextCheck(connection, request, 0)).toBeUndefined()
    expect(guard([onAdmin])?.nextCheck(connection, { ...request, path: '/admin' }, 0)).toBeDefined()
  })
})
