import type { Clock } from '../../world/clock.ts'
import type { FailedEvent, QueueStep } from './steps.ts'

const TIMED_OUT: FailedEvent = { kind: 'failed', how: 'timeout', beforeRequest: false }

/** The outcome, or a time-out in its place; 0 ms are as long as it takes. */
export async function inTime<Outcome>(
  clock: Pick<Clock, 'schedule'>,
  timeoutMs: number,
  outcome: Promise<Outcome>,
): Promise<Outcome | FailedEvent> {
  if (timeoutMs === 0) return outcome
  const timeUp = Promise.withResolvers<FailedEvent>()
  const timer = clock.schedule(timeoutMs, () => timeUp.resolve(TIMED_OUT))
  try {
    return await Promise.race([outcome, timeUp.promise])
  } finally {
    timer.cancel()
  }
}

/** Waits until a connection is free. */
export function turnInTime(
  clock: Pick<Clock, 'schedule'>,
  { turn, timeoutMs }: Pick<QueueStep, 'turn' | 'timeoutMs'>,
): Promise<{ readonly kind: 'waited' } | FailedEvent> {
  const come = new Promise<{ readonly kind: 'waited' }>((resolve) => turn.onTurn(() => resolve({ kind: 'waited' })))
  return inTime(clock, timeoutMs, come)
}
