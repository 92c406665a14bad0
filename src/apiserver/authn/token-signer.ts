import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** What a service account's token says of itself (k8s.io/kubernetes pkg/serviceaccount/claims.go). Times in seconds. */
export interface TokenClaims {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly iss: string
  readonly jti: string
  readonly nbf: number
  readonly sub: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: NameAndUid
    readonly pod?: NameAndUid
    readonly secret?: NameAndUid
    readonly node?: Partial<NameAndUid> & { readonly name: string }
    readonly warnafter?: number
  }
}

export interface NameAndUid {
  readonly name: string
  readonly uid: string
}

/** Signs and verifies tokens as JWTs with ES256 or, with an Ed25519 key, EdDSA (RFC 7519, RFC 7518, RFC 8037). */
export class TokenSigner {
  readonly issuer: string
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject
  readonly #keyId: string
  readonly #algorithm: 'ES256' | 'EdDSA'

  /** `key` is a private key as PEM: P-256 or Ed25519. */
  constructor(options: { issuer: string; key: string }) {
    this.issuer = options.issuer
    this.#privateKey = createPrivateKey(options.key)
    this.#publicKey = createPublicKey(options.key)
    this.#algorithm = this.#privateKey.asymmetricKeyType === 'ed25519' ? 'EdDSA' : 'ES256'
    this.#keyId = createHash('sha256')
      .update(this.#publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url')
  }

  /** Ed25519 has its digest built in. */
  get #digest(): 'sha256' | null {
    return this.#algorithm === 'EdDSA' ? null : 'sha256'
  }

  sign(claims: TokenClaims): string {
    const head = base64url({ alg: this.#algorithm, kid: this.#keyId })
    const body = `${head}.${base64url(claims)}`
    const signature = sign(this.#digest, Buffer.from(body), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
    return `${body}.${signature.toString('base64url')}`
  }

  /** The claims of a token that this signer made; `undefined` for anything else. Says nothing about time or audience. */
  verify(token: string): TokenClaims | undefined {
    const [head, body, signature, ...rest] = token.split('.')
    if (head === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined
    const bytes = Buffer.from(signature, 'base64url')
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' as const }
    if (!verify(this.#digest, Buffer.from(`${head}.${body}`), key, bytes)) return undefined
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as TokenClaims
  }

  /** `/openid/v1/jwks`: the key with which others can verify tokens. */
  jwks(): object {
    const jwk = this.#publicKey.export({ format: 'jwk' })
    return { keys: [{ use: 'sig', ...jwk, kid: this.#keyId, alg: this.#algorithm }] }
  }

  /** `/.well-known/openid-configuration` */
  discovery(jwksUrl: string): object {
    return {
      issuer: this.issuer,
      jwks_uri: jwksUrl,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [this.#algorithm],
    }
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
