/** Told of what the scheduler does, for who counts it. */
export interface SchedulingObserver {
  /** A decision was made, whatever it is. */
  decided(tookMs: number): void
  /** An attempt came to its end: a bound pod, or one that goes back to the queue. */
  attempted(attempt: { readonly result: AttemptResult; readonly profile: string; readonly tookMs: number }): void
  /** A pod has its node, so many attempts and so much time after it could be tried first. */
  scheduled(pod: { readonly attempts: number; readonly tookMs: number }): void
  /** Room was to be made for a pod: that many had to go. */
  preempted(victims: number): void
}

/** The words of `scheduler_schedule_attempts_total` (kubernetes/kubernetes pkg/scheduler/metrics). */
export type AttemptResult = 'scheduled' | 'unschedulable' | 'error'
