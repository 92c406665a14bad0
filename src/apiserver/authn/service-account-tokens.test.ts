import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { MemoryEngine } from '../../store/engines/memory.ts'
import { Store } from '../../store/store.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { newClusterIdentity } from '../pki/cluster-identity.ts'
import { API_AUDIENCE, verifyToken } from './service-account-tokens.ts'
import { type TokenClaims, TokenSigner } from './token-signer.ts'

const HOUR_SECONDS = 3_600
const KEY = { namespace: 'shop', name: 'cart' }
const INVALIDATED = 'service account token has been invalidated'

type Bindings = Partial<TokenClaims['kubernetes.io']>

/** A cluster with a service account, a pod, a secret and a node, and tokens for the account. */
async function start() {
  const world = rehearsedWorld()
  const { clock } = world
  const store = new Store({ engine: new MemoryEngine(), clock })
  const object = (kind: string, namespace?: string): ApiObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: KEY.name, uid: `${kind}-1`, ...(namespace === undefined ? {} : { namespace }) },
  })
  await store.create('/serviceaccounts', object('ServiceAccount', 'shop'))
  await store.create('/pods', object('Pod', 'shop'))
  await store.create('/secrets', object('Secret', 'shop'))
  await store.create('/nodes', object('Node'))
  const signer = new TokenSigner({ issuer: API_AUDIENCE, key: newClusterIdentity(world).tokenKey })
  const now = clock.now() / 1_000
  const token = (bindings: Bindings = {}): string =>
    signer.sign({
      aud: [API_AUDIENCE, 'vault'],
      exp: now + HOUR_SECONDS,
      iat: now,
      iss: API_AUDIENCE,
      jti: 'token-1',
      nbf: now,
      sub: 'system:serviceaccount:shop:cart',
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'cart', uid: 'ServiceAccount-1' }, ...bindings },
    })
  const verify = (text: string, audiences = [API_AUDIENCE]): unknown =>
    verifyToken(text, { signer, store, clock, audiences })
  return { clock, store, signer, token, verify, world }
}

describe("a service account's token", () => {
  test('says who its account is, and for which of the audiences', async () => {
    const { token, verify } = await start()
    expect(verify(token(), ['vault', 'bank'])).toEqual({
      user: {
        username: 'system:serviceaccount:shop:cart',
        uid: 'ServiceAccount-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop'],
        extra: { 'authentication.kubernetes.io/credential-id': ['JTI=token-1'] },
      },
      audiences: ['vault'],
    })
  })

  test('names the pod that it is bound to, and its node', async () => {
    const { token, verify } = await start()
    const bound = { pod: { name: 'cart', uid: 'Pod-1' }, node: { name: 'gone', uid: 'x' } }
    expect(verify(token(bound))).toMatchObject({
      user: {
        extra: {
          'authentication.kubernetes.io/pod-name': ['cart'],
          'authentication.kubernetes.io/pod-uid': ['Pod-1'],
          'authentication.kubernetes.io/node-name': ['gone'],
        },
      },
    })
  })

  test('is refused for another audience', async () => {
    const { token, verify } = await start()
    expect(verify(token(), ['bank'])).toEqual({
      error: `token audiences ["${API_AUDIENCE}" "vault"] is invalid for the target audiences ["bank"]`,
    })
  })

  test('has expired a minute after its time', async () => {
    const { clock, token, verify } = await start()
    const text = token()
    await clock.advance((HOUR_SECONDS + 60) * 1_000)
    expect(verify(text)).toHaveProperty('user')
    await clock.advance(1_000)
    expect(verify(text)).toEqual({ error: 'service account token has expired' })
  })

  test('ends with its account', async () => {
    const { store, token, verify } = await start()
    await store.delete('/serviceaccounts', KEY)
    expect(verify(token())).toEqual({ error: 'serviceaccounts "cart" not found' })
    const metadata = { ...KEY, uid: 'ServiceAccount-2' }
    await store.create('/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    expect(verify(token())).toEqual({
      error: 'service account UID (ServiceAccount-2) does not match claim (ServiceAccount-1)',
    })
  })

  test.each([
    { what: 'pod', path: '/pods', kind: 'Pod', namespace: 'shop' },
    { what: 'secret', path: '/secrets', kind: 'Secret', namespace: 'shop' },
    { what: 'node', path: '/nodes', kind: 'Node', namespace: undefined },
  ] as const)('ends with the $what that it is bound to', async ({ what, path, kind, namespace }) => {
    const { clock, store, token, verify } = await start()
    const bound = token({ [what]: { name: 'cart', uid: `${kind}-1` } })
    expect(verify(bound)).toHaveProperty('user')
    const key = { name: 'cart', namespace }
    const present = store.get(path, key) as ApiObject
    const deletionTimestamp = new Date(clock.now()).toISOString()
    await store.update(path, { ...present, metadata: { ...present.metadata, deletionTimestamp } })
    await clock.advance(60_000)
    expect(verify(bound)).toHaveProperty('user')
    await clock.advance(1_000)
    expect(verify(bound)).toEqual({ error: INVALIDATED })
    await store.delete(path, key)
    expect(verify(bound)).toEqual({ error: INVALIDATED })
    await store.create(path, { ...present, metadata: { ...present.metadata, uid: 'another' } })
    expect(verify(bound)).toEqual({
      error: `${what} UID (another) does not match service account ${what} ref claim (${kind}-1)`,
    })
  })

  test('is nobody known when somebody else signed it, or it is no token', async () => {
    const { token, verify, world } = await start()
    const other = new TokenSigner({ issuer: API_AUDIENCE, key: newClusterIdentity(world).tokenKey })
    expect(verify(other.sign({} as TokenClaims))).toBeUndefined()
    const [head, , signature] = token().split('.')
    const forged = Buffer.from(JSON.stringify({ sub: 'system:admin' })).toString('base64url')
    expect(verify(`${head}.${forged}.${signature}`)).toBeUndefined()
    expect(verify('nonsense')).toBeUndefined()
    expect(verify('a.b.c')).toBeUndefined()
  })
})
