import type { LifecycleHandler } from '../../api/types.generated.ts'
import type { Cancel, RuntimeContainer } from '../runtime.ts'
import type { PodContext } from './pod-context.ts'

/** Runs a lifecycle hook; `done` gets the error, if it failed. A `sleep` hook needs nobody but the clock. */
export function runHook(
  { deps }: PodContext,
  { handle, name, hook }: { handle: RuntimeContainer; name: 'postStart' | 'preStop'; hook: LifecycleHandler },
  done: (error: string | undefined) => void,
): Cancel {
  if (hook.sleep === undefined) return handle.runHook(name, done)
  const timer = deps.clock.schedule(hook.sleep.seconds * 1_000, () => done(undefined))
  return () => timer.cancel()
}

/** What a failed hook is called (kubernetes/kubernetes pkg/kubelet/lifecycle/handlers.go). */
export function hookFailure(
  hook: LifecycleHandler,
  { error, container, pod }: { error: string; container: string; pod: string },
): string {
  const where = `for Container "${container}" in Pod "${pod}" failed - error: ${error}`
  if (hook.exec !== undefined) {
    return `Exec lifecycle hook ([${hook.exec.command?.join(' ') ?? ''}]) ${where}, message: ""`
  }
  if (hook.httpGet !== undefined) return `HTTP lifecycle hook (${hook.httpGet.path ?? ''}) ${where}`
  return `Sleep lifecycle hook (${hook.sleep?.seconds ?? 0}) ${where}`
}
