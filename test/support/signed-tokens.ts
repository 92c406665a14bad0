import { constants, createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Somebody who signs tokens, and what others need to verify them. */
export interface TokenIssuer {
  readonly jwk: Readonly<Record<string, unknown>>
  token(claims: object, header?: object): string
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** A new key for each call: `RS256` and its kin, `HS256` and its kin, or `EdDSA`. */
export function tokenIssuer(algorithm: string, keyId = 'key-1'): TokenIssuer {
  const digest = `sha${algorithm.slice(2)}`
  const token =
    (signature: (text: string) => Buffer) =>
    (claims: object, header: object = {}) => {
      const parts = [{ alg: algorithm, kid: keyId, ...header }, claims].map((part) => base64url(JSON.stringify(part)))
      return [...parts, signature(parts.join('.')).toString('base64url')].join('.')
    }
  if (algorithm.startsWith('HS')) {
    const secret = Buffer.from(`secret of ${keyId}`)
    const jwk = { kty: 'oct', kid: keyId, alg: algorithm, k: secret.toString('base64url') }
    return { jwk, token: token((text) => createHmac(digest, secret).update(text).digest()) }
  }
  const privateKey = privateKeyFor(algorithm)
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: keyId, alg: algorithm }
  return { jwk, token: token((text) => signatureOf(algorithm, digest, { privateKey, text })) }
}

function privateKeyFor(algorithm: string): KeyObject {
  const curve = CURVES[algorithm]
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve }).privateKey
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

function signatureOf(
  algorithm: string,
  digest: string,
  { privateKey, text }: { readonly privateKey: KeyObject; readonly text: string },
): Buffer {
  const data = Buffer.from(text)
  if (algorithm === 'EdDSA') return sign(null, data, privateKey)
  if (algorithm.startsWith('ES')) return sign(digest, data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  if (algorithm.startsWith('RS')) return sign(digest, data, privateKey)
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants
  return sign(digest, data, { key: privateKey, padding, saltLength })
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
