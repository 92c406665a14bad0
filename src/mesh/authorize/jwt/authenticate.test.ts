import { describe, expect, test } from 'vitest'
import { tokenIssuer } from '../../../../test/support/signed-tokens.ts'
import type { ApiObject } from '../../../api/object.ts'
import { DEFAULT_MESH } from '../../config/mesh-config.ts'
import type { JwtRule } from '../../config/types/request-authentication.ts'
import type { MeshRequest } from '../../route/request.ts'
import { compile } from '../../snapshot.ts'
import { authenticate, type Authentication, requestAuthenticatorOf } from './authenticate.ts'
import { UNOBTAINABLE_KEYS } from './key-set.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const issuer = tokenIssuer('ES256')
const jwks = JSON.stringify({ keys: [issuer.jwk] })
const request: MeshRequest = { method: 'GET', scheme: 'https', authority: 'cart:80', path: '/tea', query: 'x=1' }

function judged(rules: readonly JwtRule[], sent: Partial<MeshRequest>): Authentication {
  const metadata = { name: 'a', namespace: 'shop' }
  const object = { apiVersion: 'v1', kind: 'RequestAuthentication', metadata, spec: { jwtRules: rules } } as ApiObject
  const authenticator = requestAuthenticatorOf(compile([object], DEFAULT_MESH), { namespace: 'shop', labels: {} })
  if (authenticator === undefined) throw new Error('no rule is for the workload')
  const options = { nowMs: NOW_MS, keys: { keysOf: () => UNOBTAINABLE_KEYS } }
  return authenticate(authenticator, { ...request, ...sent }, options)
}

function bearer(claims: object, more: Readonly<Record<string, string>> = {}): Partial<MeshRequest> {
  return { headers: { authorization: `Bearer ${issuer.token(claims)}`, ...more } }
}

const tea: JwtRule = { issuer: 'tea', jwks }
const coffee: JwtRule = { issuer: 'coffee', jwks }

describe('a token', () => {
  test('that is genuine tells who asks, and goes no further', () => {
    const passed = judged([tea], bearer({ iss: 'tea', sub: 'sub' }))
    expect(passed).toMatchObject({ kind: 'passed', claims: { iss: 'tea', sub: 'sub' } })
    expect(passed).toMatchObject({ changes: [{ op: 'remove', name: 'authorization' }], query: 'x=1' })
  })

  test('is forwarded on demand', () => {
    const rule = { ...tea, forwardOriginalToken: true }
    expect(judged([rule], bearer({ iss: 'tea' }))).toMatchObject({ kind: 'passed', changes: [] })
  })

  test('is taken out of the query, too', () => {
    const sent = { query: `a=b&access_token=${issuer.token({ iss: 'tea' })}` }
    expect(judged([tea], sent)).toMatchObject({ kind: 'passed', query: 'a=b' })
  })

  test('that is missing passes: policies may object', () => {
    expect(judged([tea, coffee], {})).toEqual({ kind: 'passed', claims: undefined, changes: [], query: 'x=1' })
  })

  test.each([
    ['expired', { iss: 'tea', exp: NOW_MS / 1_000 - 61 }, 401, 'Jwt is expired'],
    ['not valid yet', { iss: 'tea', nbf: NOW_MS / 1_000 + 61 }, 401, 'Jwt not yet valid'],
    ['of nobody who is known', { iss: 'milk' }, 401, 'Jwt issuer is not configured'],
    ['for others', { iss: 'tea', aud: 'others' }, 403, 'Audiences in Jwt are not allowed'],
  ])('that is %s is refused', (_, claims, status, body) => {
    expect(judged([{ ...tea, audiences: ['us'] }], bearer({ aud: 'us', ...claims }))).toEqual({
      kind: 'refused',
      status,
      body,
      wwwAuthenticate: 'Bearer realm="https://cart:80/tea?x=1", error="invalid_token"',
      details: `jwt_authn_access_denied{${body.replaceAll(' ', '_')}}`,
    })
  })

  test('whose keys could not be fetched is refused', () => {
    expect(judged([{ issuer: 'tea', jwksUri: 'http://nowhere' }], bearer({ iss: 'tea' }))).toMatchObject({
      status: 401,
      body: 'Jwt verification fails',
    })
  })

  test('for an audience is for it with and without a scheme', () => {
    const rule = { ...tea, audiences: ['https://tea.in/'] }
    expect(judged([rule], bearer({ iss: 'tea', aud: ['x', 'tea.in'] })).kind).toBe('passed')
  })

  test('is not asked of a browser that only asks whether it may ask', () => {
    const headers = { authorization: 'Bearer x', origin: 'https://a.in', 'access-control-request-method': 'PUT' }
    expect(judged([tea], { method: 'OPTIONS', headers }).kind).toBe('passed')
    expect(judged([tea], { method: 'OPTIONS', headers: { authorization: 'Bearer x' } }).kind).toBe('refused')
  })
})

describe('several rules', () => {
  test('one that the token fits is enough', () => {
    expect(judged([coffee, tea], bearer({ iss: 'tea' }))).toMatchObject({ kind: 'passed', claims: { iss: 'tea' } })
  })

  test('the problem that says most is told', () => {
    const expired = bearer({ iss: 'coffee', exp: 1 })
    expect(judged([coffee, tea], expired)).toMatchObject({ body: 'Jwt is expired' })
    expect(judged([coffee, tea], bearer({ iss: 'milk' }))).toMatchObject({ body: 'Jwt issuer is not configured' })
  })

  test('of two that say as much, the one of the first issuer by name', () => {
    const rules = [
      { ...tea, fromParams: ['t'], audiences: ['us'] },
      { ...coffee, fromParams: ['c'] },
    ]
    const query = `c=${issuer.token({ iss: 'coffee', exp: 1 })}&t=${issuer.token({ iss: 'tea' })}`
    expect(judged(rules, { query })).toMatchObject({ status: 401, body: 'Jwt is expired' })
  })

  test('of several tokens for one rule, all have to be good', () => {
    const rule = { ...tea, fromParams: ['a', 'b'] }
    const [good, bad] = [issuer.token({ iss: 'tea' }), issuer.token({ iss: 'tea', exp: 1 })]
    expect(judged([rule], { query: `a=${good}&b=${good}` })).toMatchObject({ kind: 'passed', query: undefined })
    expect(judged([rule], { query: `a=${good}&b=${bad}` })).toMatchObject({ body: 'Jwt is expired' })
    expect(judged([rule], { query: `a=${bad}&b=${good}` })).toMatchObject({ body: 'Jwt is expired' })
  })
})

describe('what is told to the application', () => {
  const rule: JwtRule = {
    ...tea,
    forwardOriginalToken: true,
    outputPayloadToHeader: 'X-Payload',
    outputClaimToHeaders: [
      { header: 'X-Unit', claim: 'org.unit' },
      { header: 'X-Age', claim: 'age' },
      { header: 'X-Share', claim: 'share' },
      { header: 'X-Good', claim: 'good' },
      { header: 'X-List', claim: 'list' },
    ],
  }

  test('claims as texts, and the payload as it was sent', () => {
    const claims = { iss: 'tea', org: { unit: 'green' }, age: 42, share: 0.5, good: true, list: ['a'] }
    const sent = bearer(claims)
    const [, payload] = (sent.headers?.['authorization'] ?? '').split('.')
    const { changes } = judged([rule], sent) as Extract<Authentication, { kind: 'passed' }>
    expect(changes).toEqual([
      { op: 'add', name: 'x-payload', value: payload },
      { op: 'add', name: 'x-unit', value: 'green' },
      { op: 'add', name: 'x-age', value: '42' },
      { op: 'add', name: 'x-share', value: '0.500000' },
      { op: 'add', name: 'x-good', value: 'true' },
    ])
  })

  test('but nothing that the client made up', () => {
    const { changes } = judged([rule], { headers: { 'x-unit': 'root' } }) as Extract<Authentication, { kind: 'passed' }>
    expect(changes).toEqual([{ op: 'remove', name: 'x-unit' }])
  })

  test('claims that are lists with spaces are lists to policies and routes', () => {
    const wide = { ...tea, spaceDelimitedClaims: ['teams'] }
    const claims = { iss: 'tea', scope: 'read  write', teams: 'a b', other: 'c d' }
    expect(judged([wide], bearer(claims))).toMatchObject({
      claims: { scope: ['read', 'write'], teams: ['a', 'b'], other: 'c d' },
    })
  })
})

test('without a rule nobody looks at tokens', () => {
  const snapshot = compile([], DEFAULT_MESH)
  const subject = { namespace: 'shop', labels: {} }
  expect(requestAuthenticatorOf(snapshot, subject)).toBeUndefined()
  expect(requestAuthenticatorOf(snapshot, subject)).toBeUndefined()
})
