import { createPublicKey, verify } from 'node:crypto'
import type { CertificateRequest } from './certificate-request.ts'

interface Algorithm {
  /** Ed25519 has a hash of its own. */
  readonly hash: string | null
  readonly failure: string
}

const RSA = 'crypto/rsa: verification error'
const ECDSA = 'x509: ECDSA verification failure'

/** The algorithms that requests are signed with, and what Go's crypto/x509 says when a signature does not hold. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['1.2.840.113549.1.1.11', { hash: 'sha256', failure: RSA }],
  ['1.2.840.113549.1.1.12', { hash: 'sha384', failure: RSA }],
  ['1.2.840.113549.1.1.13', { hash: 'sha512', failure: RSA }],
  ['1.2.840.10045.4.3.2', { hash: 'sha256', failure: ECDSA }],
  ['1.2.840.10045.4.3.3', { hash: 'sha384', failure: ECDSA }],
  ['1.2.840.10045.4.3.4', { hash: 'sha512', failure: ECDSA }],
  ['1.3.101.112', { hash: null, failure: 'x509: Ed25519 verification failure' }],
])

/** Why the sender of a request has not shown that the key is theirs; `undefined` when they have. */
export function signatureProblem({ algorithm, signed, signature, publicKey }: CertificateRequest): string | undefined {
  const known = ALGORITHMS.get(algorithm)
  if (known === undefined) return 'x509: cannot verify signature: algorithm unimplemented'
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    return verify(known.hash, signed, key, signature) ? undefined : known.failure
  } catch (failure) {
    // The key is none, or none that the library knows.
    return `x509: ${failure instanceof Error ? failure.message : String(failure)}`
  }
}
