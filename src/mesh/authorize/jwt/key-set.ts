import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto'
import type { JsonWebToken } from './token.ts'

/** What says whether a token is genuine. Problems are in the words that Envoy answers with. */
export interface KeySet {
  /** Undefined: one of the keys signed it. */
  problemOf(token: JsonWebToken): string | undefined
}

/** As many genuine tokens are remembered: looking at a signature takes longer than all else. */
const GENUINE_MAX = 1_000

const VERIFICATION_FAILS = 'Jwt verification fails'

/** Where keys could not be fetched, Istio hands out one that nobody has the other half of. */
export const UNOBTAINABLE_KEYS: KeySet = { problemOf: () => VERIFICATION_FAILS }

/** Keys as RFC 7517 writes them, or certificates by name. Rules: google/jwt_verify_lib src/jwks.cc. */
export function parseKeySet(text: string): KeySet {
  const keys = parseKeys(text)
  if (typeof keys === 'string') return { problemOf: () => keys }
  const genuine = new Set<string>()
  return {
    problemOf(token) {
      if (genuine.has(token.text)) return undefined
      const problem = signatureProblem(token, keys)
      if (problem !== undefined) return problem
      if (genuine.size >= GENUINE_MAX) genuine.clear()
      genuine.add(token.text)
      return undefined
    },
  }
}

interface Key {
  readonly keyId: string
  /** Empty: any that the key can be used for. */
  readonly algorithm: string
  readonly family: keyof typeof FAMILIES
  readonly key: KeyObject
}

/** Which algorithms a kind of key is for, by how their names begin. */
const FAMILIES = { RSA: ['RS', 'PS'], EC: ['ES'], oct: ['HS'], OKP: ['Ed'] } as const

const ED25519_SIGNATURE_BYTES = 64

function parseKeys(text: string): readonly Key[] | string {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return 'Jwks is an invalid JSON'
  }
  if (!isRecord(document)) return 'Jwks is an invalid JSON'
  const { keys: written } = document
  if (written === undefined) return certificatesOf(document) ?? 'Jwks does not have [keys] field'
  if (!Array.isArray(written)) return '[keys] in Jwks is not an array'
  const keys = written.flatMap((key: unknown) => (isRecord(key) ? (keyOf(key) ?? []) : []))
  // One good key is enough: the others are passed over.
  return keys.length > 0 ? keys : "Jwks doesn't have any valid public key"
}

function keyOf(written: Readonly<Record<string, unknown>>): Key | undefined {
  const { kty, kid, alg } = written
  const algorithm = typeof alg === 'string' ? alg : ''
  if (!isFamily(kty) || (algorithm !== '' && !isFor(kty, algorithm))) return undefined
  try {
    const key = keyObject(kty, written, algorithm)
    if (kty === 'RSA' && !EXPONENTS.has(key.asymmetricKeyDetails?.publicExponent ?? 0n)) return undefined
    return { keyId: typeof kid === 'string' ? kid : '', algorithm, family: kty, key }
  } catch {
    // What is no key verifies nothing; Envoy says so only when no other key is left.
    return undefined
  }
}

/** Others are refused: they are no keys of anybody who means well. */
const EXPONENTS: ReadonlySet<bigint> = new Set([3n, 65_537n])

function keyObject(family: Key['family'], written: Readonly<Record<string, unknown>>, algorithm: string): KeyObject {
  if (family !== 'oct') {
    const jwk: JsonWebKey = { ...written, ...curveOf(family, written, algorithm) }
    return createPublicKey({ key: jwk, format: 'jwk' })
  }
  const { k } = written
  if (typeof k !== 'string' || k === '') throw new Error('a secret without bytes')
  return createSecretKey(Buffer.from(k, 'base64url'))
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** An elliptic key may leave its curve to its algorithm. */
function curveOf(
  family: string,
  { crv }: Readonly<Record<string, unknown>>,
  algorithm: string,
): { readonly crv?: string } {
  if (family !== 'EC') return {}
  const meant = CURVES[algorithm]
  if (meant !== undefined && crv !== undefined && crv !== meant) throw new Error('curve and algorithm contradict')
  return { crv: typeof crv === 'string' ? crv : (meant ?? 'P-256') }
}

/** `{"name": "-----BEGIN CERTIFICATE-----…"}`, as Google publishes some. */
function certificatesOf(document: Readonly<Record<string, unknown>>): readonly Key[] | string | undefined {
  const entries = Object.entries(document)
  const isCertificate = (value: unknown) => typeof value === 'string' && value.startsWith('-----BEGIN CERTIFICATE-----')
  if (entries.length === 0 || !entries.every(([, value]) => isCertificate(value))) return undefined
  try {
    return entries.map(([keyId, pem]) => ({
      keyId,
      algorithm: '',
      family: 'RSA',
      key: new X509Certificate(String(pem)).publicKey,
    }))
  } catch {
    return 'X509 parse pubkey fails'
  }
}

function signatureProblem(token: JsonWebToken, keys: readonly Key[]): string | undefined {
  const { keyId, algorithm } = token
  const candidates = keys.filter(
    (key) =>
      (keyId === '' || key.keyId === '' || key.keyId === keyId) &&
      (key.algorithm === '' || key.algorithm === algorithm),
  )
  if (candidates.length === 0) return "Jwks doesn't have key to match kid or alg from Jwt"
  const fitting = candidates.filter(({ family }) => isFor(family, algorithm))
  if (algorithm === 'EdDSA' && fitting.length > 0 && token.signature.length !== ED25519_SIGNATURE_BYTES) {
    return 'Jwt ED25519 signature is wrong length'
  }
  return fitting.some(({ key }) => isSignedBy(token, key)) ? undefined : VERIFICATION_FAILS
}

function isSignedBy({ algorithm, signed, signature }: JsonWebToken, key: KeyObject): boolean {
  const digest = `sha${algorithm.slice(2)}`
  const data = Buffer.from(signed)
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return verify(digest, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'PS': {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return verify(digest, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
    }
    case 'ES':
      return verify(digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'HS': {
      const own = createHmac(digest, key).update(data).digest()
      return own.length === signature.length && timingSafeEqual(own, signature)
    }
    default:
      return verify(null, data, key, signature)
  }
}

function isFamily(kind: unknown): kind is keyof typeof FAMILIES {
  return typeof kind === 'string' && Object.hasOwn(FAMILIES, kind)
}

function isFor(family: keyof typeof FAMILIES, algorithm: string): boolean {
  return FAMILIES[family].some((start) => algorithm.startsWith(start))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
