import type { Container, ContainerRestartRule } from '../../api/types.generated.ts'
import type { Role } from '../runtime.ts'
import type { Backoff } from './facts.ts'

/** kubernetes/kubernetes pkg/kubelet/kubelet.go: MaxContainerBackOff and containerBackOffPeriod. */
export const BACKOFF_MIN_MS = 10_000
export const BACKOFF_MAX_MS = 300_000

/** Whether a container that ended is started again, by its own restart rules or else by its pod's policy. */
export function restartsAfter(
  exitCode: number,
  { container, role, podPolicy }: { container: Container; role: Role; podPolicy: string | undefined },
): boolean {
  if (role === 'ephemeral') return false
  if (role === 'sidecar') return true
  const isListed = container.restartPolicyRules?.some((rule) => applies(rule, exitCode)) ?? false
  if (isListed) return true
  const policy = container.restartPolicy ?? podPolicy ?? 'Always'
  if (policy === 'Never') return false
  // An init container that succeeded has done its work, whatever the policy.
  if (policy === 'OnFailure' || role === 'init') return exitCode !== 0
  return true
}

function applies({ action, exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (action !== 'Restart' || exitCodes === undefined) return false
  const isNamed = exitCodes.values?.includes(exitCode) ?? false
  return exitCodes.operator === 'In' ? isNamed : !isNamed
}

/**
 * When a container that ended at `finishedAtMs` may start again. The first restart is at once; a container that ran
 * longer than twice the greatest delay starts over with the smallest
 * (k8s.io/client-go util/flowcontrol/backoff.go: IsInBackOffSince).
 */
export function restartAtMs(backoff: Backoff | undefined, finishedAtMs: number): number {
  if (backoff === undefined || isForgotten(backoff, finishedAtMs)) return finishedAtMs
  return finishedAtMs + backoff.delayMs
}

/** The back-off after one more start. */
export function raise(backoff: Backoff | undefined, options: { finishedAtMs: number; nowMs: number }): Backoff {
  const { finishedAtMs, nowMs } = options
  if (backoff === undefined || isForgotten(backoff, finishedAtMs))
    return { delayMs: BACKOFF_MIN_MS, updatedAtMs: nowMs }
  return { delayMs: Math.min(backoff.delayMs * 2, BACKOFF_MAX_MS), updatedAtMs: nowMs }
}

function isForgotten(backoff: Backoff, eventMs: number): boolean {
  return eventMs - backoff.updatedAtMs > 2 * BACKOFF_MAX_MS
}
