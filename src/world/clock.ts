/** Time, as something you are handed. Only `world/` may read the host's clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves once `delayMs` has passed. Rejects with `signal.reason` if aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Calls `fire` once, `delayMs` from now; a timer that was cancelled never fires. */
  schedule(delayMs: number, fire: () => void): Timer
  /** Resolves after the work that is ready now: a turn given to others inside a long computation. */
  yield(): Promise<void>
  /** Waits for what happens outside of this clock's time, such as loading code: a virtual clock stands still meanwhile. */
  outside<T>(work: Promise<T>): Promise<T>
}

export interface Timer {
  cancel(): void
}

/** `2026-11-23T07:06:20Z`: how the API writes times, in whole seconds. */
export function printTime(nowMs: number): string {
  const second = Math.floor(nowMs / SECOND_MS)
  // What is written in one second, and that is much, has one text.
  if (second !== lastSecond) {
    lastText = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
    lastSecond = second
  }
  return lastText
}

const SECOND_MS = 1_000
let lastSecond = Number.NaN
let lastText = ''

/** `2026-11-23T07:06:20.123000Z`: the form of leases and events.k8s.io. */
export function printMicroTime(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 23)}000Z`
}

/** Sleeping in terms of `schedule`: what every clock does the same way. */
export function sleepWith(clock: Pick<Clock, 'schedule'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
