import { type Clock, sleepWith, type Timer } from './clock.ts'

/** Node's timers hold at most this many milliseconds; longer delays would fire at once. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The host's clock. */
export class RealClock implements Clock {
  now(): number {
    return Date.now()
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const dueMs = performance.now() + delayMs
    let timeout: NodeJS.Timeout
    const arm = (): void => {
      const leftMs = dueMs - performance.now()
      timeout = leftMs > TIMEOUT_MAX_MS ? setTimeout(arm, TIMEOUT_MAX_MS) : setTimeout(fire, Math.max(0, leftMs))
    }
    arm()
    return { cancel: () => clearTimeout(timeout) }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, delayMs, signal)
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  outside<T>(work: Promise<T>): Promise<T> {
    return work
  }
}
