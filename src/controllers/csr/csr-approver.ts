import { type CertificateRequest, parseCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { DerError } from '../../api/certificates/der-reader.ts'
import { kubeletClientProblem, SIGNER } from '../../api/certificates/signers.ts'
import type { SubjectAccessReview } from '../../api/kinds/authorization/subject-access-review.ts'
import { CertificateSigningRequest } from '../../api/kinds/certificates/certificate-signing-request.ts'
import type { Key } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { conditionOf, pemOf } from './csr-conditions.ts'

/** Which requests are approved without anybody looking, provided that their sender may ask for that. */
interface Recognizer {
  readonly subresource: string
  readonly message: string
  recognizes(csr: CertificateSigningRequest, request: CertificateRequest): boolean
}

const RECOGNIZERS: readonly Recognizer[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    recognizes: (csr, request) => isNodeClient(csr, request) && csr.spec.username === request.commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    recognizes: isNodeClient,
  },
]

/** Approves certificates of kubelets (k8s.io/kubernetes pkg/controller/certificates/approver). */
export class CsrApprover implements Controller {
  readonly name = 'csrapproving'
  readonly sources: readonly Source[] = [watches(CertificateSigningRequest)]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock

  constructor({ client, informers, clock }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
  }

  async reconcile(key: Key): Promise<Outcome> {
    const csr = this.#informers.of(CertificateSigningRequest).get(key)
    if (csr === undefined || csr.status?.certificate !== undefined) return DONE
    if (conditionOf(csr, 'Approved') !== undefined || conditionOf(csr, 'Denied') !== undefined) return DONE
    const request = readable(csr)
    if (request === undefined) return DONE
    for (const { recognizes, subresource, message } of RECOGNIZERS) {
      if (!recognizes(csr, request) || !(await this.#mayAsk(csr, subresource))) continue
      return retryLostRace(() => this.#approve(csr, message))
    }
    return DONE
  }

  async #mayAsk({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
    const { username, uid, groups, extra } = spec
    const resourceAttributes = {
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      verb: 'create',
      version: '*',
      subresource,
    }
    const review = await this.#client.create<SubjectAccessReview>({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: { name: '' },
      spec: {
        resourceAttributes,
        ...(username === undefined ? {} : { user: username }),
        ...(uid === undefined ? {} : { uid }),
        ...(groups === undefined ? {} : { groups }),
        ...(extra === undefined ? {} : { extra }),
      },
    })
    return review.status?.allowed === true
  }

  async #approve(csr: CertificateSigningRequest, message: string): Promise<void> {
    const now = printTime(this.#clock.now())
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'AutoApproved',
      message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    }
    const conditions = [...(csr.status?.conditions ?? []), condition]
    await this.#client.update({ ...csr, status: { ...csr.status, conditions } }, { subresource: 'approval' })
  }
}

function isNodeClient({ spec }: CertificateSigningRequest, request: CertificateRequest): boolean {
  return spec.signerName === SIGNER.kubeletClient && kubeletClientProblem(request, spec.usages ?? []) === undefined
}

/** Nobody recognizes what nobody can read. */
function readable(csr: CertificateSigningRequest): CertificateRequest | undefined {
  try {
    return parseCertificateRequest(pemOf(csr))
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
