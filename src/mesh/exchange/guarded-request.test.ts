import { expect, test } from 'vitest'
import { cartRoutes, meshObject, MeshShop, TO_CART } from '../../../test/support/mesh-shop.ts'
import { tokenIssuer } from '../../../test/support/signed-tokens.ts'
import type { ApiObject } from '../../api/object.ts'
import { guardOf } from '../authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../authorize/jwt/key-set.ts'
import { headerValue } from '../route/header-list.ts'

const issuer = tokenIssuer('ES256')
const token = issuer.token({ iss: 'tea', sub: 'ann' })
const cart = { selector: { matchLabels: { app: 'cart' } } }
const tokens = meshObject('RequestAuthentication', 'cart', {
  ...cart,
  jwtRules: [
    {
      issuer: 'tea',
      jwks: JSON.stringify({ keys: [issuer.jwk] }),
      fromParams: ['token'],
      outputClaimToHeaders: [{ header: 'x-sub', claim: 'sub' }],
    },
  ],
})
const forAnn = meshObject('AuthorizationPolicy', 'ann', {
  ...cart,
  rules: [{ from: [{ source: { requestPrincipals: ['tea/ann'], principals: ['*/sa/web'] } }] }],
})

/** Both proxies are of this process. */
function shopOf(...objects: readonly ApiObject[]): MeshShop {
  const guard = guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } })
  return new MeshShop([tokens, forAnn, ...objects], { fuses: true, guardOf: guard })
}

test('the application sees who asked, and never the token in its query', () => {
  const step = shopOf()
    .exchange({ target: `/tea?a=b&token=${token}` })
    .start(0)
  expect(step).toMatchObject({ kind: 'attempt', head: { target: '/tea?a=b' } })
  expect(step.kind === 'attempt' && headerValue(step.head.headers, 'x-sub')).toBe('ann')
  expect(
    shopOf()
      .exchange({ target: `/tea?token=${token}` })
      .start(0),
  ).toMatchObject({ head: { target: '/tea' } })
})

test('who may not call is answered in Envoy’s words, and both sides tell of it', () => {
  const shop = shopOf()
  const exchange = shop.exchange({ target: '/tea' })
  expect(exchange.start(0)).toMatchObject({ kind: 'respond', status: 403, body: 'RBAC: access denied' })
  exchange.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 0)
  expect(shop.records).toMatchObject([
    { reporter: 'destination', status: 403, details: 'rbac_access_denied_matched_policy[none]' },
    { reporter: 'source', status: 403, details: 'via_upstream' },
  ])
})

test('whoever gets a copy gets one also of a request that is refused', () => {
  const exchange = shopOf(cartRoutes({ ...TO_CART, mirror: { host: 'cart' } })).exchange({ target: '/tea' })
  expect(exchange.start(0)).toMatchObject({ kind: 'mirror', copies: [{ head: { authority: 'cart-shadow' } }] })
  expect(exchange.on({ kind: 'waited' }, 0)).toMatchObject({ kind: 'respond', status: 403 })
})
