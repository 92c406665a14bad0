import type { Claims } from '../../route/request.ts'

/** A token whose parts could be read. Whether it is genuine is another question. */
export interface JsonWebToken {
  readonly text: string
  readonly algorithm: string
  /** Which key signed it; empty: any may have. */
  readonly keyId: string
  readonly claims: Claims
  readonly issuer: string
  readonly audiences: readonly string[]
  /** Seconds since the epoch; 0: not said. */
  readonly notBefore: number
  readonly expires: number
  /** The claims as they were sent. */
  readonly payload: string
  /** What the signature is over. */
  readonly signed: string
  readonly signature: Buffer
}

/** How far clocks may differ (google/jwt_verify_lib jwt_verify_lib/verify.h). */
const CLOCK_SKEW_SECONDS = 60

const ALGORITHMS: ReadonlySet<string> = new Set(
  ['ES', 'HS', 'RS', 'PS'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits)).concat('EdDSA'),
)

const BASE64URL = /^[\w-]*={0,2}$/

/** Larger numbers are no moments. */
const UINT64 = 2 ** 64

/**
 * The token, or what is wrong with its form, in the very words that Envoy answers with. Rules and words:
 * google/jwt_verify_lib src/{jwt,status}.cc.
 */
export function parseToken(text: string): JsonWebToken | string {
  const parts = text.split('.').filter((part) => part !== '')
  const [head, payload, signature] = parts
  if (head === undefined || payload === undefined || signature === undefined || parts.length > 3) {
    return 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'
  }
  const header = parsePart('header', head)
  if (typeof header === 'string') return header
  const { alg, kid = '' } = header
  if (typeof alg !== 'string') return 'Jwt header [alg] field is required and must be a string'
  if (!ALGORITHMS.has(alg)) return 'Jwt header [alg] is not supported'
  if (typeof kid !== 'string') return 'Jwt header [kid] field is not a string'
  const claims = parsePart('payload', payload)
  if (typeof claims === 'string') return claims
  const problem = claimsProblem(claims)
  if (problem !== undefined) return problem
  if (!isBase64url(signature)) return 'Jwt signature is an invalid Base64url encoded'
  const { iss = '', aud = [], nbf = 0, exp = 0 } = claims as CheckedClaims
  return {
    text,
    algorithm: alg,
    keyId: kid,
    claims,
    issuer: iss,
    audiences: typeof aud === 'string' ? [aud] : aud,
    notBefore: Math.trunc(nbf),
    expires: Math.trunc(exp),
    payload,
    signed: `${head}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

interface CheckedClaims {
  readonly iss?: string
  readonly aud?: string | readonly string[]
  readonly nbf?: number
  readonly exp?: number
}

/** Undefined: it is valid at this moment. */
export function timeProblem({ notBefore, expires }: JsonWebToken, nowMs: number): string | undefined {
  const now = Math.floor(nowMs / 1_000)
  if (now + CLOCK_SKEW_SECONDS < notBefore) return 'Jwt not yet valid'
  return expires !== 0 && now > expires + CLOCK_SKEW_SECONDS ? 'Jwt is expired' : undefined
}

function parsePart(name: 'header' | 'payload', encoded: string): Claims | string {
  if (!isBase64url(encoded)) return `Jwt ${name} is an invalid Base64url encoded`
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return `Jwt ${name} is an invalid JSON`
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Claims) : `Jwt ${name} is an invalid JSON`
}

function isBase64url(text: string): boolean {
  return BASE64URL.test(text) && text.replace(/=+$/, '').length % 4 !== 1
}

/** In upstream's order: the first is the one that is told. */
function claimsProblem(claims: Claims): string | undefined {
  for (const name of ['iss', 'sub'] as const)
    if (!isText(claims[name])) return `Jwt payload [${name}] field is not a string`
  for (const name of ['iat', 'nbf', 'exp'] as const) {
    const value = claims[name] ?? 0
    if (typeof value !== 'number') return `Jwt payload [${name}] field is not an integer`
    if (value < 0 || value >= UINT64) return `Jwt payload [${name}] field is not a positive 64 bit integer`
  }
  if (!isText(claims['jti'])) return 'Jwt payload [jti] field is not a string'
  const { aud = '' } = claims
  const isList = Array.isArray(aud) && aud.every((item) => typeof item === 'string')
  return typeof aud === 'string' || isList ? undefined : 'Jwt payload [aud] field is not a string or string list'
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
