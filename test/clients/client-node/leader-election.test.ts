import { ApiException, CoordinationV1Api, type V1Lease, V1MicroTime } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changed, ConnectedCluster, refusal, until } from './connected-cluster.ts'

const NAMESPACE = 'kube-system'
const DURATION_SECONDS = 2
/** A leader that could not renew for this long stops leading: well before others may take over. */
const RENEW_WITHIN_MS = 1_500
const RETRY_MS = 100

let cluster: ConnectedCluster
/** The time of all candidates, which passes when a test says so: nobody loses a lease because the machine is busy. */
let nowMs = Date.now()

beforeAll(async () => {
  cluster = await ConnectedCluster.start()
})

afterAll(() => cluster[Symbol.asyncDispose]())

/**
 * A candidate for a Lease, by the rules of client-go: whoever writes its name into it leads, and the version that it
 * read decides between two that write at once. Others judge by their own clock, from when they last saw it change.
 */
class Candidate implements AsyncDisposable {
  readonly #leases: CoordinationV1Api
  readonly #lease: string
  readonly #identity: string
  readonly #stop = new AbortController()
  #seen: { readonly version: string | undefined; readonly atMs: number } | undefined
  #renewedMs = -Infinity
  #tries = 0
  #running: Promise<void> = Promise.resolve()

  constructor(lease: string, identity: string) {
    this.#leases = cluster.config.makeApiClient(CoordinationV1Api)
    this.#lease = lease
    this.#identity = identity
  }

  get isLeading(): boolean {
    return nowMs < this.#renewedMs + RENEW_WITHIN_MS
  }

  /** Until it has tried again, from its beginning to its end. */
  tried(): Promise<void> {
    const tries = this.#tries + 2
    return until(() => this.#tries >= tries, `${this.#identity} has tried`)
  }

  run(): this {
    this.#running = this.#loop()
    return this
  }

  /** Ends as a process that was killed. */
  async die(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.#renewedMs = -Infinity
  }

  /** Ends in order: the lease is free at once. */
  async resign(): Promise<void> {
    await this.die()
    const lease = await this.#read()
    if (lease?.spec?.holderIdentity !== this.#identity) return
    const now = new V1MicroTime(nowMs)
    const spec = changed(lease.spec, { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now })
    const body = changed(lease, { spec })
    await this.#leases.replaceNamespacedLease({ namespace: NAMESPACE, name: this.#lease, body })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.die()
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const atMs = nowMs
      if (await this.#tryToLead()) this.#renewedMs = atMs
      this.#tries++
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  async #tryToLead(): Promise<boolean> {
    const current = await this.#read()
    const holder = current?.spec?.holderIdentity ?? ''
    const version = current?.metadata?.resourceVersion
    if (this.#seen?.version !== version) this.#seen = { version, atMs: nowMs }
    const isOurs = holder === this.#identity
    const heldForMs = (current?.spec?.leaseDurationSeconds ?? 0) * 1_000
    if (holder !== '' && !isOurs && nowMs < (this.#seen?.atMs ?? 0) + heldForMs) return false
    return this.#write(current, isOurs)
  }

  async #write(current: V1Lease | undefined, isOurs: boolean): Promise<boolean> {
    const now = new V1MicroTime(nowMs)
    const spec = {
      holderIdentity: this.#identity,
      leaseDurationSeconds: DURATION_SECONDS,
      renewTime: now,
      acquireTime: isOurs ? (current?.spec?.acquireTime ?? now) : now,
      leaseTransitions: (current?.spec?.leaseTransitions ?? -1) + (isOurs ? 0 : 1),
    }
    const metadata = { name: this.#lease }
    try {
      if (current === undefined) {
        await this.#leases.createNamespacedLease({ namespace: NAMESPACE, body: { metadata, spec } })
      } else {
        const body = changed(current, { spec })
        await this.#leases.replaceNamespacedLease({ namespace: NAMESPACE, name: this.#lease, body })
      }
      return true
    } catch (error) {
      // Somebody was faster.
      if (error instanceof ApiException && error.code === 409) return false
      throw error
    }
  }

  async #read(): Promise<V1Lease | undefined> {
    try {
      return await this.#leases.readNamespacedLease({ namespace: NAMESPACE, name: this.#lease })
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined
      throw error
    }
  }
}

function leaseOf(name: string): Promise<V1Lease> {
  return cluster.config.makeApiClient(CoordinationV1Api).readNamespacedLease({ namespace: NAMESPACE, name })
}

/** The client hands times with microseconds over as text, whatever its types say. */
function millisecondsOf(time: V1MicroTime | undefined): number {
  return new Date(String(time)).getTime()
}

test('one of several leads; when it resigns another leads at once', async () => {
  await using started = new AsyncDisposableStack()
  const candidates = ['asha', 'ravi', 'meena'].map((identity) => started.use(new Candidate('orderly', identity).run()))
  const leaders = () => candidates.filter(({ isLeading }) => isLeading)
  await until(() => leaders().length === 1, 'one leads')
  const [leader] = leaders()
  await leader?.resign()
  await until(() => leaders().length === 1, 'another leads')
  expect(leaders()[0]).not.toBe(leader)
  await started.disposeAsync()
  expect((await leaseOf('orderly')).spec?.leaseTransitions).toBe(1)
})

test('when the leader dies another leads once the lease is over, and never two at a time', async () => {
  await using asha = new Candidate('contested', 'asha').run()
  await until(() => asha.isLeading, 'the first leads')
  await using ravi = new Candidate('contested', 'ravi').run()
  const held = await leaseOf('contested')
  nowMs += RETRY_MS
  await until(async () => {
    const { metadata } = await leaseOf('contested')
    return metadata?.resourceVersion !== held.metadata?.resourceVersion
  }, 'the lease is renewed')
  await ravi.tried()
  expect(ravi.isLeading).toBe(false)
  const renewed = await leaseOf('contested')
  expect(renewed.spec?.holderIdentity).toBe('asha')
  expect(renewed.spec?.acquireTime).toEqual(held.spec?.acquireTime)

  await asha.die()
  const last = (await leaseOf('contested')).spec
  await ravi.tried()
  nowMs += DURATION_SECONDS * 1_000 - 1
  await ravi.tried()
  expect(ravi.isLeading).toBe(false)
  nowMs += 1
  await until(() => ravi.isLeading, 'the second leads')
  const { spec } = await leaseOf('contested')
  expect(spec).toMatchObject({ holderIdentity: 'ravi', leaseTransitions: 1 })
  const waitedMs = millisecondsOf(spec?.acquireTime) - millisecondsOf(last?.renewTime)
  expect(waitedMs).toBe(DURATION_SECONDS * 1_000)
})

test('of many that write one version of a lease, one succeeds', async () => {
  const leases = cluster.config.makeApiClient(CoordinationV1Api)
  const name = 'raced'
  const created = await leases.createNamespacedLease({ namespace: NAMESPACE, body: { metadata: { name } } })
  const attempts = Array.from({ length: 8 }, (_, index) => {
    const body = changed(created, { spec: { holderIdentity: `candidate-${index}` } })
    return leases.replaceNamespacedLease({ namespace: NAMESPACE, name, body })
  })
  const results = await Promise.allSettled(attempts)
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const refused = results.findIndex(({ status }) => status === 'rejected')
  expect(await refusal(attempts[refused] ?? Promise.resolve())).toMatchObject({ code: 409, reason: 'Conflict' })
})
