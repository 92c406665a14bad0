import { without } from '../../../base/copy-on-write.ts'
import type { CertificateSigningRequest } from '../../types.generated.ts'

/** pkg/registry/certificates/certificates/strategy.go: what each endpoint of a request may change. */

export function withoutStatus(csr: CertificateSigningRequest): CertificateSigningRequest {
  return without(csr, 'status')
}

/** What was asked for stays what was asked for. */
export function metadataOnly(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
): CertificateSigningRequest {
  return { ...withoutStatus(csr), spec: old.spec, ...(old.status === undefined ? {} : { status: old.status }) }
}

/** Approving says nothing but whether the request is approved: the conditions. */
export function approvalOnly(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
): CertificateSigningRequest {
  const { conditions } = csr.status ?? {}
  const { conditions: _, ...status } = old.status ?? {}
  return { ...csr, spec: old.spec, status: { ...status, ...(conditions === undefined ? {} : { conditions }) } }
}
