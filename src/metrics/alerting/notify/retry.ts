import type { Clock } from '../../../world/clock.ts'
import type { Random } from '../../../world/random.ts'
import { type Integration, type Notification, NotifyError } from './notifier.ts'

/** How long the waits between attempts are: half again as long each time, half more or less by chance (cenkalti/backoff). */
const FIRST_WAIT_MS = 500
const WAIT_GROWTH = 1.5
const WAIT_SPREAD = 0.5
const WAIT_MAX_MS = 60_000

export interface RetryContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: (message: string) => void
}

/** Tells until it got through, or the signal ends it. Rejects with what the last attempt failed by. */
export async function notifyWithRetries(
  integration: Integration,
  notification: Notification,
  { clock, random, log, signal }: RetryContext & { signal: AbortSignal },
): Promise<void> {
  const name = `${notification.receiver}/${integration.type}[${integration.index}]`
  let last: string | undefined
  for (let attempts = 1, waitMs = FIRST_WAIT_MS; ; attempts++, waitMs = Math.min(waitMs * WAIT_GROWTH, WAIT_MAX_MS)) {
    try {
      await integration.notify(notification, signal)
      return
    } catch (failure) {
      if (!(failure instanceof NotifyError)) throw failure
      if (!failure.isTemporary) {
        const why = `notify retry canceled due to unrecoverable error after ${attempts} attempts`
        throw new NotifyError(`${name}: ${why}: ${failure.message}`, { isTemporary: false, cause: failure })
      }
      if (!signal.aborted && failure.message !== last)
        log(`Notify attempt failed, will retry later: ${name}: ${failure.message}`)
      if (!signal.aborted || last === undefined) last = failure.message
      try {
        await clock.sleep(waitMs * (1 - WAIT_SPREAD + 2 * WAIT_SPREAD * random.next()), signal)
      } catch (reason) {
        if (!signal.aborted) throw reason
        const why = `notify retry canceled after ${attempts} attempts`
        throw new NotifyError(`${name}: ${why}: ${last}`, { isTemporary: true, cause: failure })
      }
    }
  }
}
