import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import { approvalOnly, metadataOnly, withoutStatus } from './csr-strategy.ts'
import type { CertificateSigningRequest as CertificateSigningRequestObject } from '../../types.generated.ts'

export type CertificateSigningRequest = CertificateSigningRequestObject

export const CertificateSigningRequest: Kind<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  namespaced: false,
  shortNames: ['csr'],
  subresources: [
    { name: 'approval', verbs: ['get', 'patch', 'update'], prepareForUpdate: approvalOnly },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  generation: 'none',
  prepareForCreate: withoutStatus,
  prepareForUpdate: metadataOnly,
  schema: () => builtinSchema('io.k8s.api.certificates.v1.CertificateSigningRequest'),
}
