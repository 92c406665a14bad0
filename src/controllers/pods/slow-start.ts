import type { Clock } from '../../world/clock.ts'

/** How many writes of one batch are under way at the same time. */
const BATCH_MAX = 64

export interface SlowStartResult {
  readonly successes: number
  /** The first failure; what came after its batch was not tried. */
  readonly failure: Error | undefined
}

/**
 * Does something `count` times, in batches of 1, 2, 4, …: where each would fail for one reason (a quota, say), few are
 * tried. Others get their turn between two batches.
 */
export async function slowStart(
  count: number,
  clock: Clock,
  act: (index: number) => Promise<unknown>,
): Promise<SlowStartResult> {
  let successes = 0
  let failure: Error | undefined
  let size = 1
  for (let start = 0; start < count && failure === undefined; start += size, size = Math.min(size * 2, BATCH_MAX)) {
    size = Math.min(size, count - start)
    const results = await Promise.allSettled(Array.from({ length: size }, (_, offset) => act(start + offset)))
    for (const result of results) {
      if (result.status === 'fulfilled') successes++
      else failure ??= result.reason as Error
    }
    if (size === BATCH_MAX) await clock.yield()
  }
  return { successes, failure }
}

/** Does something for each item, several at a time. Resolves to the first failure once all were tried. */
export async function forAll<T>(
  items: readonly T[],
  clock: Clock,
  act: (item: T) => Promise<unknown>,
): Promise<Error | undefined> {
  let failure: Error | undefined
  for (let start = 0; start < items.length; start += BATCH_MAX) {
    const results = await Promise.allSettled(items.slice(start, start + BATCH_MAX).map(act))
    for (const result of results) if (result.status === 'rejected') failure ??= result.reason as Error
    if (start + BATCH_MAX < items.length) await clock.yield()
  }
  return failure
}
