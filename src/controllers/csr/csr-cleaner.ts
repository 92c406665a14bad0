import { X509Certificate } from 'node:crypto'
import { CertificateSigningRequest } from '../../api/kinds/certificates/certificate-signing-request.ts'
import type { Key } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source, watches } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { Clock } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { conditionOf } from './csr-conditions.ts'

const HOUR_MS = 3_600_000
/** How long requests stay: decided ones an hour, others a day (pkg/controller/certificates/cleaner/cleaner.go). */
const DECIDED_MS = HOUR_MS
const PENDING_MS = 24 * HOUR_MS

/** Removes requests that nobody needs any more. */
export class CsrCleaner implements Controller {
  readonly name = 'csrcleaner'
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
    if (csr === undefined) return DONE
    const leftMs = endOfUseMs(csr) - this.#clock.now()
    if (leftMs > 0) return requeueAfter(leftMs)
    return retryLostRace(() => this.#client.deleteObject(csr))
  }
}

export function endOfUseMs(csr: CertificateSigningRequest): number {
  const createdMs = Date.parse(csr.metadata.creationTimestamp ?? '')
  const ends = (['Approved', 'Denied', 'Failed'] as const).flatMap((type) => {
    const condition = conditionOf(csr, type)
    if (condition === undefined) return []
    const decidedMs = Date.parse(condition.lastUpdateTime ?? '')
    return (Number.isNaN(decidedMs) ? createdMs : decidedMs) + DECIDED_MS
  })
  const { certificate } = csr.status ?? {}
  if (certificate !== undefined) ends.push(expiryMs(certificate) ?? Number.POSITIVE_INFINITY)
  return ends.length === 0 ? createdMs + PENDING_MS : Math.min(...ends)
}

/** When a certificate ends; signers of others may have written something else. */
function expiryMs(certificate: string): number | undefined {
  const pem = Buffer.from(certificate, 'base64')
  return pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem).validToDate.getTime() : undefined
}
