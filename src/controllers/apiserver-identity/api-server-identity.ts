import { createHash } from 'node:crypto'
import { Lease } from '../../api/kinds/coordination/lease.ts'
import type { Client } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import { type Clock, printMicroTime } from '../../world/clock.ts'
import { type Random, uuid } from '../../world/random.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

/** k8s.io/kubernetes pkg/controlplane/apiserver/server.go IdentityLeaseDurationSeconds */
const LEASE_SECONDS = 3_600
/** Upstream renews every ten seconds; four times a lease says the same, and costs a simulated day nothing. */
const RENEW_MS = (LEASE_SECONDS / 4) * 1_000
/** The machine that the server says it is on: a part of its name, which a restart must not change. */
const HOSTNAME = 'dabba'
const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567'
const KEY = { namespace: 'kube-system', name: nameOf(HOSTNAME) }

/** Keeps the lease by which an API server is known to be there. */
export class ApiServerIdentity implements Controller {
  readonly name = 'apiserver-identity'
  readonly sources: readonly Source[] = []
  readonly workers = 1
  readonly #client: Client
  readonly #clock: Clock
  readonly #holderIdentity: string

  constructor({ client, clock, random }: Pick<ClusterOptions, 'client' | 'clock'> & { readonly random: Random }) {
    this.#client = client
    this.#clock = clock
    this.#holderIdentity = `${KEY.name}_${uuid(random)}`
  }

  start({ enqueue }: ControllerContext): void {
    enqueue(KEY.name)
  }

  async reconcile(): Promise<Outcome> {
    const { requeueAfterMs = RENEW_MS } = await retryLostRace(() => this.#renew())
    return requeueAfter(requeueAfterMs)
  }

  async #renew(): Promise<void> {
    const present = await this.#client.get(Lease, KEY)
    const renewTime = printMicroTime(this.#clock.now())
    const spec = { holderIdentity: this.#holderIdentity, leaseDurationSeconds: LEASE_SECONDS, renewTime }
    if (present !== undefined) {
      await this.#client.update<Lease>({ ...present, spec: { ...present.spec, ...spec } })
      return
    }
    const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': HOSTNAME }
    const metadata = { ...KEY, labels }
    await this.#client.create<Lease>({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
  }
}

/** Half of a digest, in the 32 letters and digits of RFC 4648. */
function nameOf(hostname: string): string {
  const bits = [...createHash('sha256').update(hostname).digest().subarray(0, 16)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return `apiserver-${groups.map((group) => DIGITS[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')}`
}
