/**
 * Signs requests with the cluster's authority: the API server has it, controllers are handed this. Throws when the
 * request's own signature does not hold.
 */
export interface CertificateSigner {
  /** PEM in, PEM out. */
  sign(request: string, options: { usages: readonly string[]; expirationSeconds?: number }): string
}
