import { parseCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { DerError } from '../../api/certificates/der-reader.ts'
import { SIGNER } from '../../api/certificates/signers.ts'
import { forbidden } from '../../api/errors.ts'
import type { UserInfo } from '../../api/request.ts'
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import { printTime } from '../../world/clock.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const GROUP = 'certificates.k8s.io'

/**
 * Requests for certificates say who sent them, and are approved and signed by those who may do so for the signer
 * (k8s.io/kubernetes plugin/pkg/admission/certificates, pkg/registry/certificates).
 */
export function certificates(authorizer: RbacAuthorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',

    admit(request, { clock }) {
      if (!isRequest(request)) return undefined
      const csr = request.object as CertificateSigningRequest
      if (request.operation === 'CREATE') return signedBy(csr, request.user)
      if (request.operation !== 'UPDATE' || request.subresource === undefined) return undefined
      return withTimes(csr, request.old as CertificateSigningRequest, printTime(clock.now()))
    },

    validate(request) {
      if (!isRequest(request)) return
      const { operation, subresource } = request
      if (operation === 'CREATE') checkSubject(request)
      else if (operation === 'UPDATE' && subresource === 'approval') check('approve', request, authorizer)
      else if (operation === 'UPDATE' && subresource === 'status' && changesStatus(request)) {
        check('sign', request, authorizer)
      }
    },
  }
}

function isRequest({ kind }: AdmissionRequest): boolean {
  return kind.group === GROUP && kind.plural === 'certificatesigningrequests'
}

function signedBy(csr: CertificateSigningRequest, user: UserInfo): CertificateSigningRequest {
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = csr.spec
  const { username, uid, groups, extra } = user
  return {
    ...csr,
    spec: {
      ...spec,
      username,
      ...(uid === undefined || uid === '' ? {} : { uid }),
      ...(groups === undefined ? {} : { groups }),
      ...(extra === undefined ? {} : { extra }),
    },
  }
}

/** Conditions get their times, and through `status` those of the approval stay as they are. */
function withTimes(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
  now: string,
): CertificateSigningRequest | undefined {
  const before = old.status?.conditions ?? []
  const conditions = csr.status?.conditions
  if (conditions === undefined) return undefined
  const timed = conditions.map((condition): CertificateSigningRequestCondition => {
    const { type, status, lastUpdateTime = now } = condition
    const same = before.find((one) => one.type === type && one.status === status)
    const lastTransitionTime = condition.lastTransitionTime ?? same?.lastTransitionTime ?? now
    return { ...condition, lastUpdateTime, lastTransitionTime }
  })
  return deepEqual(timed, conditions) ? undefined : { ...csr, status: { ...csr.status, conditions: timed } }
}

function changesStatus({ object, old }: AdmissionRequest): boolean {
  const [now, before] = [object, old].map((one) => (one as CertificateSigningRequest | undefined)?.status)
  return now?.certificate !== before?.certificate || !deepEqual(now?.conditions, before?.conditions)
}

/** A signer may be allowed by name, or with all others of its domain. */
function check(verb: 'approve' | 'sign', request: AdmissionRequest, authorizer: RbacAuthorizer): void {
  const { user, old } = request
  const { signerName } = (old as CertificateSigningRequest).spec
  const domain = signerName.slice(0, signerName.indexOf('/'))
  const isAllowed = [signerName, `${domain}/*`].some((name) => {
    const resource = { group: GROUP, version: '*', plural: 'signers', name }
    return authorizer.authorize({ user, verb, path: '', resource }).allowed
  })
  if (isAllowed) return
  throw refused(request, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`)
}

/** Nobody becomes a master of the cluster by a certificate. */
function checkSubject(request: AdmissionRequest): void {
  const { spec } = request.object as CertificateSigningRequest
  if (spec.signerName !== SIGNER.apiServerClient) return
  if (!organizationsIn(request, spec.request).includes('system:masters')) return
  throw refused(request, `use of ${SIGNER.apiServerClient} signer with system:masters group is not allowed`)
}

function organizationsIn(request: AdmissionRequest, encoded: string): readonly string[] {
  try {
    return parseCertificateRequest(Buffer.from(encoded, 'base64').toString('utf8')).organizations
  } catch (error) {
    if (error instanceof DerError) throw refused(request, `failed to parse CSR: ${error.message}`)
    throw error
  }
}

function refused({ kind, name }: AdmissionRequest, why: string): Error {
  return forbidden({ group: GROUP, resource: kind.plural }, name, why)
}
