import { Pod } from '../../api/kinds/core/pod.ts'
import { controllerOf, keyOf, printKey } from '../../api/object.ts'
import type { Informers } from '../../client/informers.ts'
import type { Clock } from '../../world/clock.ts'

/** After this long a change that was never seen is given up waiting for (kubernetes pkg/controller/controller_utils.go). */
const TIMEOUT_MS = 5 * 60_000

interface Expected {
  creations: number
  readonly deletions: Set<string>
  readonly sinceMs: number
}

/**
 * What an owner has written and its informer has not shown yet. Over HTTP an informer lags behind; an owner that counts
 * its pods before it sees the ones it just made would make them twice. In process nothing is ever outstanding for long.
 */
export class Expectations {
  readonly #clock: Clock
  readonly #byOwner = new Map<string, Expected>()
  #isWatching = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Learns from the pods' informer what has come to pass. */
  watch(informers: Informers): void {
    if (this.#isWatching) return
    this.#isWatching = true
    informers.of(Pod).handle({
      added: (pod) => (pod.metadata.deletionTimestamp === undefined ? this.#created(pod) : this.#deleted(pod)),
      updated: (pod) => {
        if (pod.metadata.deletionTimestamp !== undefined) this.#deleted(pod)
      },
      deleted: (pod) => this.#deleted(pod),
    })
  }

  /** Must be called before the writes. */
  expectCreations(ownerUid: string, count: number): void {
    this.#of(ownerUid).creations += count
  }

  /** Must be called before the writes. */
  expectDeletions(ownerUid: string, pods: Iterable<Pod>): void {
    const { deletions } = this.#of(ownerUid)
    for (const pod of pods) deletions.add(printKey(keyOf(pod)))
  }

  /** So many creations will not be seen: they failed or were not tried. */
  lowerCreations(ownerUid: string, count: number): void {
    const expected = this.#byOwner.get(ownerUid)
    if (expected === undefined) return
    expected.creations = Math.max(0, expected.creations - count)
    this.#settle(ownerUid, expected)
  }

  /** This deletion will not be seen, or has been. */
  lowerDeletion(ownerUid: string, pod: Pod): void {
    const expected = this.#byOwner.get(ownerUid)
    if (expected === undefined) return
    expected.deletions.delete(printKey(keyOf(pod)))
    this.#settle(ownerUid, expected)
  }

  /** Whether the informer shows everything that this owner wrote. */
  isSatisfied(ownerUid: string): boolean {
    const expected = this.#byOwner.get(ownerUid)
    if (expected === undefined) return true
    if (this.#clock.now() - expected.sinceMs < TIMEOUT_MS) return false
    this.#byOwner.delete(ownerUid)
    return true
  }

  #of(ownerUid: string): Expected {
    let expected = this.#byOwner.get(ownerUid)
    if (expected === undefined) {
      expected = { creations: 0, deletions: new Set(), sinceMs: this.#clock.now() }
      this.#byOwner.set(ownerUid, expected)
    }
    return expected
  }

  #settle(ownerUid: string, { creations, deletions }: Expected): void {
    if (creations === 0 && deletions.size === 0) this.#byOwner.delete(ownerUid)
  }

  #created(pod: Pod): void {
    if (this.#byOwner.size === 0) return
    const owner = controllerOf(pod)
    if (owner !== undefined) this.lowerCreations(owner.uid, 1)
  }

  #deleted(pod: Pod): void {
    if (this.#byOwner.size === 0) return
    const owner = controllerOf(pod)
    if (owner !== undefined) this.lowerDeletion(owner.uid, pod)
  }
}
