import type { X509Certificate } from 'node:crypto'

/** Longer chains are nobody's, and cost whoever walks them. */
const CHAIN_LENGTH_MAX = 10

export interface ChainOptions {
  readonly leaf: X509Certificate
  /** In any order; those that are not needed do not matter. */
  readonly intermediates: readonly X509Certificate[]
  readonly roots: readonly X509Certificate[]
  readonly nowMs: number
}

/** Why a certificate is not vouched for by one of the roots at this moment; `undefined` when it is. */
export function chainProblem({ leaf, intermediates, roots, nowMs }: ChainOptions): string | undefined {
  const visited = new Set<string>()
  let current = leaf
  for (let depth = 0; depth < CHAIN_LENGTH_MAX; depth++) {
    if (nowMs < current.validFromDate.getTime()) return 'certificate is not yet valid'
    if (nowMs > current.validToDate.getTime()) return 'certificate has expired'
    const below = current
    if (roots.some((root) => root.fingerprint256 === below.fingerprint256)) return undefined
    const root = roots.find((candidate) => hasSigned(candidate, below) && isValidAt(candidate, nowMs))
    if (root !== undefined) return undefined
    visited.add(below.fingerprint256)
    const issuer = intermediates.find(
      (candidate) => !visited.has(candidate.fingerprint256) && hasSigned(candidate, below),
    )
    if (issuer === undefined) return 'certificate signed by unknown authority'
    current = issuer
  }
  return 'certificate chain is too long'
}

function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  return certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime()
}
