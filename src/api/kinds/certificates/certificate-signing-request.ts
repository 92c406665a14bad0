import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import { humanDuration } from '../../columns/human-duration.ts'
import type { Column, Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CertificateSigningRequest as CertificateSigningRequestObject } from '../../types.generated.ts'
import { approvalOnly, metadataOnly, withoutStatus } from './csr-strategy.ts'
import { validateApproval, validateRequest, validateRequestStatus } from './validate-csr.ts'

export type CertificateSigningRequest = CertificateSigningRequestObject

/** pkg/printers/internalversion/printers.go printCertificateSigningRequest. */
const COLUMNS: readonly Column<CertificateSigningRequest>[] = [
  nameColumn(),
  ageColumn(),
  {
    name: 'SignerName',
    type: 'string',
    description: 'Who is asked to sign.',
    cell: ({ spec }) => (spec.signerName === '' ? NONE : spec.signerName),
  },
  {
    name: 'Requestor',
    type: 'string',
    description: 'Who asks.',
    cell: ({ spec }) => spec.username ?? '',
  },
  {
    name: 'RequestedDuration',
    type: 'string',
    description: 'How long the certificate should be valid.',
    cell: ({ spec: { expirationSeconds: seconds } }) => (seconds === undefined ? NONE : humanDuration(seconds * 1000)),
  },
  {
    name: 'Condition',
    type: 'string',
    description: 'How far the request has come.',
    cell: printCondition,
  },
]

export const CertificateSigningRequest: Kind<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  namespaced: false,
  shortNames: ['csr'],
  subresources: [
    { name: 'approval', verbs: ['get', 'patch', 'update'], prepareForUpdate: approvalOnly, validate: validateApproval },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.certificates.v1.CertificateSigningRequest'),

  prepareForCreate: withoutStatus,
  prepareForUpdate: metadataOnly,
  validate: validateRequest,
  validateStatus: validateRequestStatus,
  columns: COLUMNS,
  selectableFields: [{ path: 'spec.signerName', value: ({ spec }) => spec.signerName }],
}

function printCondition({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map(({ type }) => type))
  const decision = ['Denied', 'Approved'].find((type) => types.has(type)) ?? 'Pending'
  const failed = types.has('Failed') ? ',Failed' : ''
  return `${decision}${failed}${(status?.certificate ?? '') === '' ? '' : ',Issued'}`
}
