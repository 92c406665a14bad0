import type { Clock } from '../../world/clock.ts'

/** Sleeps between two looks; false when the signal ended it. */
export async function sleptUntilNext(clock: Clock, periodMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  try {
    await clock.sleep(periodMs, signal)
    return true
  } catch (failure) {
    if (signal.aborted) return false
    throw failure
  }
}
