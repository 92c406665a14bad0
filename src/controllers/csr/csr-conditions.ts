import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/types.generated.ts'

export function conditionOf(
  { status }: CertificateSigningRequest,
  type: 'Approved' | 'Denied' | 'Failed',
): CertificateSigningRequestCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

export function isApproved(csr: CertificateSigningRequest): boolean {
  return conditionOf(csr, 'Approved') !== undefined && conditionOf(csr, 'Denied') === undefined
}

/** The PEM text that stands in the request in base64. */
export function pemOf({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request, 'base64').toString('utf8')
}
