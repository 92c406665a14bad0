import { deepEqual } from '../../../base/equal.ts'
import { parseCertificateRequest } from '../../certificates/certificate-request.ts'
import { signatureProblem } from '../../certificates/check-signature.ts'
import { DerError } from '../../certificates/der-reader.ts'
import { SIGNER } from '../../certificates/signers.ts'
import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../types.generated.ts'
import { validateChoice } from '../validation/choices.ts'
import { printDifference } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'
import { certificateProblem } from './certificate-problem.ts'
import { validateSignerName } from './validate-signer-name.ts'

const USAGES: readonly string[] = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]
const LIFETIME_MIN_SECONDS = 600
const DECISIONS = ['Approved', 'Denied'] as const
const STATUSES: readonly string[] = ['False', 'True', 'Unknown']
const CONDITIONS = 'status.conditions'

/** pkg/apis/certificates/validation/validation.go ValidateCertificateSigningRequestCreate, …Update. */
export function* validateRequest(csr: CertificateSigningRequest, old?: CertificateSigningRequest): Generator<Cause> {
  // What was asked for never changes: an update has nothing but its metadata to say.
  if (old !== undefined) yield* validateObjectMetaUpdate(csr.metadata, old.metadata)
  else {
    yield* validateObjectMeta(csr.metadata, { namespaced: false, name: () => [] })
    yield* validateSpec(csr.spec)
  }
}

/** …ApprovalUpdate: who approves does not sign. */
export function* validateApproval(csr: CertificateSigningRequest, old: CertificateSigningRequest): Generator<Cause> {
  yield* validateConditions(csr)
  yield* validateKept(csr, old)
  if (certificateOf(csr) !== certificateOf(old)) {
    yield forbiddenField('status.certificate', 'updates may not set certificate content')
  }
}

/** …StatusUpdate: who signs does not approve. */
export function* validateRequestStatus(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
): Generator<Cause> {
  yield* validateConditions(csr)
  const certificate = certificateOf(csr)
  const isChanged = certificate !== certificateOf(old)
  if (isChanged && certificate !== '') {
    const problem = certificateProblem(certificate)
    if (problem !== undefined) yield invalidValue('status.certificate', '<certificate data>', problem)
  }
  yield* validateKept(csr, old)
  for (const type of DECISIONS) {
    const [before, after] = [conditionsOf(old, type), conditionsOf(csr, type)]
    const what = `a condition of type ${JSON.stringify(type)}`
    if (after.length > before.length) yield forbiddenField(CONDITIONS, `updates may not add ${what}`)
    else if (after.length === before.length && !deepEqual(after, before)) {
      yield forbiddenField(CONDITIONS, `updates may not modify ${what}\n${printDifference(before, after)}`)
    }
  }
  if (isChanged && certificateOf(old) !== '') {
    yield forbiddenField('status.certificate', 'updates may not modify existing certificate content')
  }
}

function* validateSpec(spec: CertificateSigningRequest['spec']): Generator<Cause> {
  const { request = '', usages = [], signerName = '', expirationSeconds } = unchecked(spec)
  const problem = requestProblem(request)
  if (problem !== undefined) yield invalidValue('spec.request', request, problem)
  if (usages.length === 0) yield required('spec.usages', '')
  for (const [index, usage] of usages.entries()) {
    if (!USAGES.includes(usage)) yield notSupported(`spec.usages[${index}]`, usage, USAGES)
  }
  for (const [index, usage] of usages.entries()) {
    if (usages.indexOf(usage) < index) yield duplicate(`spec.usages[${index}]`, usage)
  }
  if (signerName === SIGNER.legacyUnknown) {
    yield invalidValue('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version')
  } else yield* validateSignerName(signerName, 'spec.signerName')
  if (expirationSeconds !== undefined && expirationSeconds < LIFETIME_MIN_SECONDS) {
    const rule = `may not specify a duration less than ${LIFETIME_MIN_SECONDS} seconds (10 minutes)`
    yield invalidValue('spec.expirationSeconds', expirationSeconds, rule)
  }
}

/** `request` is base64 of PEM. */
function requestProblem(request: string): string | undefined {
  try {
    return signatureProblem(parseCertificateRequest(Buffer.from(request, 'base64').toString('utf8')))
  } catch (failure) {
    if (failure instanceof DerError) return failure.message
    throw failure
  }
}

function* validateConditions(csr: CertificateSigningRequest): Generator<Cause> {
  const types = new Set<string>()
  for (const [index, condition] of (csr.status?.conditions ?? []).entries()) {
    const field = `${CONDITIONS}[${index}]`
    const { type = '', status } = unchecked(condition)
    if (type === '') yield required(`${field}.type`, '')
    const isDecided = type === 'Approved' || type === 'Denied' || type === 'Failed'
    yield* validateChoice(status, `${field}.status`, isDecided ? ['True'] : STATUSES)
    const opposite = type === 'Approved' ? 'Denied' : 'Approved'
    if ((type === 'Approved' || type === 'Denied') && types.has(opposite)) {
      yield invalidValue(CONDITIONS, type, 'Approved and Denied conditions are mutually exclusive')
    }
    if (types.has(type)) yield duplicate(`${field}.type`, type)
    types.add(type)
  }
}

/** What was decided stays decided. */
function* validateKept(csr: CertificateSigningRequest, old: CertificateSigningRequest): Generator<Cause> {
  for (const type of [...DECISIONS, 'Failed']) {
    if (conditionsOf(csr, type).length >= conditionsOf(old, type).length) continue
    yield forbiddenField(CONDITIONS, `updates may not remove a condition of type ${JSON.stringify(type)}`)
  }
}

function conditionsOf(
  { status }: CertificateSigningRequest,
  type: string,
): readonly CertificateSigningRequestCondition[] {
  return (status?.conditions ?? []).filter((condition) => condition.type === type)
}

function certificateOf({ status }: CertificateSigningRequest): string {
  return status?.certificate ?? ''
}
