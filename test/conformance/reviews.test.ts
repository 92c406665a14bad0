import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

const AUTHN = '/apis/authentication.k8s.io/v1'
const AUTHZ = '/apis/authorization.k8s.io/v1'
const AUDIENCE = 'https://kubernetes.default.svc.cluster.local'
const ACCOUNT = '/api/v1/namespaces/shop/serviceaccounts/cart'

beforeAll(async () => {
  await api.namespace('shop')
  await api.post('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'cart' } })
})

async function tokenFor(spec: object): Promise<Wire> {
  return (await api.post(`${ACCOUNT}/token`, { spec })).json
}

describe('POST serviceaccounts/token', () => {
  test('answers with a token, when it expires and for whom it is', async () => {
    const { apiVersion, kind, metadata, spec, status } = await tokenFor({ expirationSeconds: 600 })
    expect([apiVersion, kind, metadata.name, metadata.namespace]).toEqual([
      'authentication.k8s.io/v1',
      'TokenRequest',
      'cart',
      'shop',
    ])
    expect(spec).toMatchObject({ audiences: [AUDIENCE], expirationSeconds: 600 })
    const claims = JSON.parse(Buffer.from(status.token.split('.')[1], 'base64url').toString('utf8'))
    expect(claims).toMatchObject({ aud: [AUDIENCE], sub: 'system:serviceaccount:shop:cart' })
    expect(claims.exp - claims.iat).toBe(600)
    expect(Date.parse(status.expirationTimestamp)).toBe(claims.exp * 1_000)
  })

  test.each([
    [{ expirationSeconds: 599 }, 422, 'may not specify a duration less than 10 minutes'],
    [{ expirationSeconds: 2 ** 32 + 1 }, 422, 'may not specify a duration larger than 2^32 seconds'],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone' } }, 404, 'pods "gone" not found'],
    [{ boundObjectRef: { kind: 'Service', apiVersion: 'v1', name: 'x' } }, 400, 'cannot bind token'],
  ])('%o is refused', async (spec, code, message) => {
    const reply = await api.post(`${ACCOUNT}/token`, { spec })
    expect([reply.status, reply.json.message]).toEqual([code, expect.stringContaining(message)])
  })

  test('is for accounts that there are', async () => {
    const reply = await api.post('/api/v1/namespaces/shop/serviceaccounts/nobody/token', { spec: {} })
    expect([reply.status, reply.json.message]).toEqual([404, 'serviceaccounts "nobody" not found'])
  })
})

test('others verify tokens by the keys that the server publishes', async () => {
  const { token } = (await tokenFor({})).status
  const { json: discovery } = await api.get('/.well-known/openid-configuration')
  expect(discovery).toMatchObject({ issuer: AUDIENCE, jwks_uri: `${AUDIENCE}/openid/v1/jwks` })
  const { json, headers } = await api.get('/openid/v1/jwks')
  expect(headers['content-type']).toBe('application/jwk-set+json')
  const [head, body, signature] = token.split('.')
  const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'))
  expect(discovery.id_token_signing_alg_values_supported).toContain(alg)
  const key = createPublicKey({ key: json.keys.find((one: Wire) => one.kid === kid), format: 'jwk' })
  const digest = alg === 'EdDSA' ? null : 'sha256'
  const bytes = Buffer.from(signature, 'base64url')
  expect(verify(digest, Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true)
})

describe('POST tokenreviews', () => {
  const review = async (spec: object): Promise<Wire> => (await api.post(`${AUTHN}/tokenreviews`, { spec })).json

  test('says whose token it is', async () => {
    const { status } = await tokenFor({ audiences: ['vault', 'bank'] })
    const answer = await review({ token: status.token, audiences: ['vault'] })
    expect(answer.status).toEqual({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:shop:cart',
        uid: (await api.get(ACCOUNT)).json.metadata.uid,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)] },
      },
      audiences: ['vault'],
    })
  })

  test('says why a token is not good', async () => {
    const { token } = (await tokenFor({ audiences: ['vault'] })).status
    expect((await review({ token })).status).toEqual({
      user: {},
      error: `[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["${AUDIENCE}"]]`,
    })
    expect((await review({ token: 'nonsense' })).status).toEqual({ user: {}, error: 'invalid bearer token' })
  })

  test.each([{}, { spec: {} }, { spec: { token: '' } }])('%o names no token', async (body) => {
    const { status, json } = await api.post(`${AUTHN}/tokenreviews`, body)
    expect([status, json.reason, json.message]).toEqual([
      400,
      'BadRequest',
      'token is required for TokenReview in authentication',
    ])
  })
})

describe('a bearer token', () => {
  test('of an account says who asks', async () => {
    const { token } = (await tokenFor({})).status
    const { json } = await api.post(`${AUTHN}/selfsubjectreviews`, {}, { as: { token } })
    expect(json.status.userInfo.username).toBe('system:serviceaccount:shop:cart')
  })

  test.each([
    ['for others', async () => (await tokenFor({ audiences: ['vault'] })).status.token as string],
    ['that is none', () => Promise.resolve('nonsense')],
    [
      'of an account that was deleted',
      async () => {
        const accounts = '/api/v1/namespaces/shop/serviceaccounts'
        await api.post(accounts, { metadata: { name: 'short-lived' } })
        const { json } = await api.post(`${accounts}/short-lived/token`, { spec: {} })
        await api.delete(`${accounts}/short-lived`)
        return json.status.token as string
      },
    ],
  ])('%s is refused', async (_what, token) => {
    const { status, json } = await api.get('/api', { as: { token: await token() } })
    expect([status, json.reason, json.message]).toEqual([401, 'Unauthorized', 'Unauthorized'])
  })
})

describe('POST selfsubjectreviews', () => {
  test('says who asks, and when', async () => {
    const { json } = await api.post(`${AUTHN}/selfsubjectreviews`, { metadata: { labels: { a: 'b' } } })
    expect(json).toEqual({
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
      status: {
        userInfo: {
          username: 'dabba-admin',
          groups: ['system:masters', 'system:authenticated'],
          extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
        },
      },
    })
  })

  test('says who one is taken for', async () => {
    const headers = { 'impersonate-user': 'jane', 'impersonate-uid': '7', 'impersonate-extra-scopes': 'view' }
    const { json } = await api.post(`${AUTHN}/selfsubjectreviews`, {}, { headers })
    expect(json.status.userInfo).toEqual({
      username: 'jane',
      uid: '7',
      groups: ['system:authenticated'],
      extra: { scopes: ['view'] },
    })
  })
})

describe('POST …accessreviews', () => {
  const resourceAttributes = { verb: 'list', resource: 'pods', namespace: 'shop' }
  const nonResourceAttributes = { verb: 'get', path: '/version' }

  test.each([
    ['subjectaccessreviews', { user: 'jane', groups: ['system:masters'], resourceAttributes }, true],
    ['subjectaccessreviews', { user: 'jane', resourceAttributes }, false],
    ['subjectaccessreviews', { groups: ['system:authenticated'], nonResourceAttributes }, true],
    ['selfsubjectaccessreviews', { resourceAttributes }, true],
    ['selfsubjectaccessreviews', { nonResourceAttributes: { verb: 'get', path: '/secret' } }, true],
  ])('%s of %o: %s', async (resource, spec, allowed) => {
    const { status, json } = await api.post(`${AUTHZ}/${resource}`, { spec })
    expect([status, json.spec, json.status.allowed]).toEqual([201, spec, allowed])
  })

  test('tell by which binding', async () => {
    const spec = { user: 'jane', groups: ['system:authenticated'], nonResourceAttributes }
    const { json } = await api.post(`${AUTHZ}/subjectaccessreviews`, { spec })
    expect(json.status).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    })
  })

  test.each([
    [
      'subjectaccessreviews',
      'SubjectAccessReview',
      { spec: { user: 'jane' } },
      'spec.resourceAttributes',
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'subjectaccessreviews',
      'SubjectAccessReview',
      { spec: { user: 'jane', resourceAttributes, nonResourceAttributes } },
      'spec.nonResourceAttributes',
      'cannot be specified in combination with resourceAttributes',
    ],
    [
      'subjectaccessreviews',
      'SubjectAccessReview',
      { spec: { resourceAttributes } },
      'spec.user',
      'at least one of user or group must be specified',
    ],
    [
      'subjectaccessreviews',
      'SubjectAccessReview',
      { metadata: { name: 'x' }, spec: { user: 'jane', resourceAttributes } },
      'metadata',
      'must be empty',
    ],
    [
      'selfsubjectaccessreviews',
      'SelfSubjectAccessReview',
      {},
      'spec.resourceAttributes',
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'namespaces/shop/localsubjectaccessreviews',
      'LocalSubjectAccessReview',
      { spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods' } } },
      'spec.resourceAttributes.namespace',
      'must match metadata.namespace',
    ],
    [
      'namespaces/shop/localsubjectaccessreviews',
      'LocalSubjectAccessReview',
      { spec: { user: 'jane', nonResourceAttributes } },
      'spec.nonResourceAttributes',
      'disallowed on this kind of request',
    ],
  ])('%s refuses %s %o at %s', async (path, kind, body, field, detail) => {
    const { status, json } = await api.post(`${AUTHZ}/${path}`, body)
    expect([status, json.reason, json.message]).toEqual([
      422,
      'Invalid',
      expect.stringMatching(
        new RegExp(`^${kind}\\.authorization\\.k8s\\.io "" is invalid: ${field}: Invalid value: .*: ${detail}$`),
      ),
    ])
  })
})

describe('POST selfsubjectrulesreviews', () => {
  test('lists what one may do', async () => {
    const options = { headers: { 'impersonate-user': 'jane' } }
    const { status, json } = await api.post(
      `${AUTHZ}/selfsubjectrulesreviews`,
      { spec: { namespace: 'shop' } },
      options,
    )
    expect(status).toBe(201)
    expect(json.status.incomplete).toBe(false)
    expect(json.status.resourceRules).toContainEqual({
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    })
    expect(json.status.nonResourceRules.flatMap(({ nonResourceURLs }: Wire) => nonResourceURLs)).toContain('/version')
  })

  test('names a namespace', async () => {
    const { status, json } = await api.post(`${AUTHZ}/selfsubjectrulesreviews`, { spec: {} })
    expect([status, json.message]).toEqual([400, 'no namespace on request'])
  })
})
