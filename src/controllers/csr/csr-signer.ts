import { parseCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { SIGNER, signerProblem } from '../../api/certificates/signers.ts'
import { CertificateSigningRequest } from '../../api/kinds/certificates/certificate-signing-request.ts'
import type { Key } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { conditionOf, isApproved, pemOf } from './csr-conditions.ts'
import type { CertificateSigner } from './signer.ts'

const SIGNERS: ReadonlySet<string> = new Set(Object.values(SIGNER))

/** Issues the certificates that were approved for our signers (k8s.io/kubernetes pkg/controller/certificates/signer). */
export class CsrSigner implements Controller {
  readonly name = 'csrsigning'
  readonly sources: readonly Source[] = [watches(CertificateSigningRequest)]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #signer: CertificateSigner

  constructor({ client, informers, clock }: ClusterOptions, signer: CertificateSigner) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
    this.#signer = signer
  }

  async reconcile(key: Key): Promise<Outcome> {
    const csr = this.#informers.of(CertificateSigningRequest).get(key)
    if (csr === undefined || !isApproved(csr) || conditionOf(csr, 'Failed') !== undefined) return DONE
    if (csr.status?.certificate !== undefined || !SIGNERS.has(csr.spec.signerName)) return DONE
    const { signerName, usages = [], expirationSeconds } = csr.spec
    const pem = pemOf(csr)
    const problem = signerProblem(signerName, parseCertificateRequest(pem), usages)
    if (problem !== undefined) return retryLostRace(() => this.#fail(csr, problem))
    const lifetime = expirationSeconds === undefined ? {} : { expirationSeconds }
    const signed = this.#signer.sign(pem, { usages, ...lifetime })
    const certificate = Buffer.from(signed, 'utf8').toString('base64')
    return retryLostRace(async () => {
      await this.#client.updateStatus(csr, { ...csr.status, certificate })
    })
  }

  async #fail(csr: CertificateSigningRequest, message: string): Promise<void> {
    const now = printTime(this.#clock.now())
    const failure = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    }
    await this.#client.updateStatus(csr, { ...csr.status, conditions: [...(csr.status?.conditions ?? []), failure] })
  }
}
