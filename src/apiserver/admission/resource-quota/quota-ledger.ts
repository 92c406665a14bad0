import { type ApiObject, type Key, keyOf, parseKey, printKey } from '../../../api/object.ts'
import { evaluatorOf } from '../../../api/quota/evaluator.ts'
import type { QuotaEvaluator } from '../../../api/quota/quota-evaluator.ts'
import { addUsage, growth, listOf, sameUsage, type Usage, usageOf } from '../../../api/quota/usage.ts'
import type { ResourceQuota } from '../../../api/types.generated.ts'
import { storageKindOf } from '../../../api/kind.ts'
import type { StatusError } from '../../../api/errors.ts'
import { type Store, resourcePath } from '../../../store/store.ts'
import type { ResourcePath, StoreEvent } from '../../../store/engine.ts'
import type { Clock } from '../../../world/clock.ts'
import type { AdmissionRequest } from '../admission.ts'
import { checkWrite, type RunningQuota } from './check-write.ts'

const QUOTAS: ResourcePath = '/resourcequotas'
/** How often a charge that lost a race is tried again; upstream's three times, and some for our faster races. */
const RACE_TRIES = 10
/** A charge whose object is not there after so long was for a write that failed. */
const LANDING_MS = 30_000

interface Waiter {
  readonly write: AdmissionRequest
  readonly evaluator: QuotaEvaluator
  readonly settle: (failure?: Error) => void
}

/** What was granted to a write that has not reached the store yet. */
interface Flight {
  /** The key of the quota that granted it. */
  readonly quota: string
  /** What is being written: its path in the store and its key. */
  readonly target: string
  readonly granted: Usage
  readonly sinceMs: number
}

/**
 * Charges writes to the quotas of their namespace, before they are written.
 *
 * Invariants:
 *  1. The writes of one namespace are judged one after the other, each with all charges before it.
 *  2. A write is let through only after its charge stands in the status of every quota that it concerns.
 *  3. Whoever counts anew what is used (the quota controller) counts what the store holds. To that count is added what
 *     was granted but has not reached the store: a count never takes a grant back.
 */
export class QuotaLedger {
  readonly #store: Store
  readonly #clock: Clock
  readonly #lines = new Map<string, Waiter[]>()
  readonly #flights = new Map<string, Set<Flight>>()
  /** The same flights by what they write. */
  readonly #aloft = new Map<string, Set<Flight>>()

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
    store.watchAll((event) => this.#landed(event))
  }

  /** Resolves when the write may go on; rejects with the 403 of the quota that is exceeded. */
  charge(write: AdmissionRequest): Promise<void> | undefined {
    const { namespace, kind } = write
    if (namespace === undefined || this.#quotas(namespace).length === 0) return undefined
    const evaluator = evaluatorOf(storageKindOf(kind))
    if (evaluator?.handles(write) !== true) return undefined
    return new Promise((resolve, reject) => {
      const settle = (failure?: Error): void => (failure === undefined ? resolve() : reject(failure))
      const waiter = { write, evaluator, settle }
      const line = this.#lines.get(namespace)
      if (line !== undefined) line.push(waiter)
      else {
        this.#lines.set(namespace, [waiter])
        void this.#serve(namespace)
      }
    })
  }

  /** A status that somebody counted, with what the count could not see. */
  withGrants(quota: ResourceQuota): ResourceQuota {
    const flights = this.#flights.get(printKey(keyOf(quota)))
    const { used } = quota.status ?? {}
    if (flights === undefined || used === undefined) return quota
    const nowMs = this.#clock.now()
    let sum = usageOf(used)
    for (const flight of flights) {
      if (nowMs - flight.sinceMs > LANDING_MS) this.#drop(flight)
      else sum = addUsage(sum, flight.granted)
    }
    return { ...quota, status: { ...quota.status, used: listOf(sum) } }
  }

  async #serve(namespace: string): Promise<void> {
    for (;;) {
      const waiters = this.#lines.get(namespace) ?? []
      if (waiters.length === 0) break
      this.#lines.set(namespace, [])
      try {
        await this.#judge(namespace, waiters)
      } catch (error) {
        for (const { settle } of waiters) settle(error as Error)
      }
    }
    this.#lines.delete(namespace)
  }

  /** Judges all writes that wait, then writes each quota once for all that it granted. */
  async #judge(namespace: string, waiters: readonly Waiter[]): Promise<void> {
    let rest = waiters
    let names: ReadonlySet<string> | undefined
    for (let tries = 1; rest.length > 0; tries++) {
      const chosen = this.#quotas(namespace).filter(({ metadata }) => names?.has(metadata.name) ?? true)
      const start = chosen.map((quota): RunningQuota => ({ quota, used: usageOf(quota.status?.used) }))
      const { granted, flights, end } = this.#run(start, rest)
      for (const flight of flights) this.#take(flight)
      const failed = await this.#save(start, end)
      for (const flight of flights) if (failed.has(flight.quota)) this.#drop(flight)
      const [failure] = failed.values()
      if (failure === undefined || tries === RACE_TRIES) {
        for (const waiter of granted) waiter.settle(failure)
        return
      }
      // What other quotas granted stands already: only those that lost a race are asked again.
      rest = granted
      names = new Set([...failed.keys()].map((key) => parseKey(key).name))
    }
  }

  #run(
    start: readonly RunningQuota[],
    waiters: readonly Waiter[],
  ): { granted: readonly Waiter[]; flights: readonly Flight[]; end: readonly RunningQuota[] } {
    const granted: Waiter[] = []
    const flights: Flight[] = []
    let running = start
    const nowMs = this.#clock.now()
    for (const waiter of waiters) {
      const { write, evaluator, settle } = waiter
      try {
        const next = checkWrite(running, write, { evaluator, nowMs })
        const isFree = next.every((one, index) => one === running[index]) || write.options.dryRun === true
        if (isFree) settle()
        else {
          granted.push(waiter)
          flights.push(...flightsOf(write, { before: running, after: next, nowMs }))
          running = next
        }
      } catch (error) {
        settle(error as Error)
      }
    }
    return { granted, flights, end: running }
  }

  #take(flight: Flight): void {
    for (const old of this.#flights.get(flight.quota) ?? []) {
      if (flight.sinceMs - old.sinceMs > LANDING_MS) this.#drop(old)
    }
    addTo(this.#flights, flight.quota, flight)
    addTo(this.#aloft, flight.target, flight)
  }

  #drop(flight: Flight): void {
    removeFrom(this.#flights, flight.quota, flight)
    removeFrom(this.#aloft, flight.target, flight)
  }

  /** Hears of every write in the instant in which others can see it. */
  #landed({ resource, key }: StoreEvent): void {
    if (this.#aloft.size === 0) return
    for (const flight of this.#aloft.get(targetOf(resource, key)) ?? []) this.#drop(flight)
  }

  /** Which quotas could not be written, and why. */
  async #save(start: readonly RunningQuota[], end: readonly RunningQuota[]): Promise<ReadonlyMap<string, Error>> {
    const failed = new Map<string, Error>()
    const writes = end.map(async ({ quota, used }, index) => {
      if (sameUsage(used, start[index]?.used ?? new Map())) return
      const status = { ...quota.status, used: listOf(used) }
      try {
        await this.#store.update(QUOTAS, { ...quota, status } as ApiObject, {
          expected: quota.metadata.resourceVersion,
        })
      } catch (error) {
        // A quota that is gone limits nothing any more.
        if ((error as StatusError).code !== 404) failed.set(printKey(keyOf(quota)), error as Error)
      }
    })
    await Promise.all(writes)
    return failed
  }

  #quotas(namespace: string): readonly ResourceQuota[] {
    return this.#store.list(QUOTAS, namespace).items as readonly unknown[] as readonly ResourceQuota[]
  }
}

function flightsOf(
  { kind, name, namespace }: AdmissionRequest,
  { before, after, nowMs }: { before: readonly RunningQuota[]; after: readonly RunningQuota[]; nowMs: number },
): readonly Flight[] {
  return after.flatMap(({ quota, used }, index) => {
    const present = before[index]
    if (present === undefined || present.used === used) return []
    return {
      quota: printKey(keyOf(quota)),
      target: targetOf(resourcePath(storageKindOf(kind)), { namespace, name }),
      granted: growth(used, present.used),
      sinceMs: nowMs,
    }
  })
}

function targetOf(resource: ResourcePath, key: Key): string {
  return `${resource} ${printKey(key)}`
}

function addTo<T>(index: Map<string, Set<T>>, key: string, item: T): void {
  const present = index.get(key)
  if (present === undefined) index.set(key, new Set([item]))
  else present.add(item)
}

function removeFrom<T>(index: Map<string, Set<T>>, key: string, item: T): void {
  const present = index.get(key)
  if (present?.delete(item) === true && present.size === 0) index.delete(key)
}
