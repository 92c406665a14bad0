import type { Clock } from '../../../world/clock.ts'
import type { PostContext } from './http-post.ts'
import type { RenderContext } from './render.ts'

/** What every way to tell somebody works with. */
export interface IntegrationContext extends PostContext, RenderContext {
  readonly clock: Clock
}

/** Runs `work` for at most `timeoutMs`; 0: as long as it takes. */
export async function withTimeout<T>(
  clock: Clock,
  { timeoutMs, signal, what }: { timeoutMs: number; signal: AbortSignal; what: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (timeoutMs === 0) return await work(signal)
  const tooLong = new AbortController()
  const timer = clock.schedule(timeoutMs, () =>
    tooLong.abort(new Error(`configured ${what} timeout reached (${timeoutMs}ms)`)),
  )
  try {
    return await work(AbortSignal.any([signal, tooLong.signal]))
  } finally {
    timer.cancel()
  }
}
