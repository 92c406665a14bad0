import type { TokenSigner } from '../authn/token-signer.ts'
import type { PathAnswerer } from './paths.ts'
import { respondJson } from './respond.ts'

/** OIDC discovery for service accounts' tokens: how others verify them. */
export function openidPaths(signer: TokenSigner): PathAnswerer {
  return ({ request, response, url }) => {
    if (url.pathname === '/openid/v1/jwks') {
      respondJson(request, response, { value: signer.jwks(), type: 'application/jwk-set+json' })
      return true
    }
    if (url.pathname === '/.well-known/openid-configuration') {
      respondJson(request, response, { value: signer.discovery(`${signer.issuer}/openid/v1/jwks`) })
      return true
    }
    return false
  }
}
