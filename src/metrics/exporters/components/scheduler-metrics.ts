import { Histograms } from '../../instrument/distributions.ts'
import { byLabel, type MetricFamily, single } from '../../instrument/metric-families.ts'

/** What a scheduler tells of its work; its own port has this shape. */
interface Attempt {
  readonly result: string
  readonly profile: string
  readonly tookMs: number
}

/** How many pods wait, by what they wait for. */
export type WaitingPods = Readonly<Record<'active' | 'backoff' | 'unschedulable' | 'gated', number>>

/** Doubling from `first` on: the buckets of kubernetes/kubernetes pkg/scheduler/metrics/metrics.go. */
function doubling(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first * 2 ** index)
}

/** What the scheduler does, by the names of kube-scheduler's. */
export class SchedulerMetrics {
  readonly #attempts = new Map<string, { readonly attempt: Attempt; count: number }>()
  readonly #attemptTook = new Histograms(
    {
      name: 'scheduler_scheduling_attempt_duration_seconds',
      help: 'How long attempts took, deciding and binding together.',
    },
    doubling(0.001, 15),
  )
  readonly #deciding = new Histograms(
    { name: 'scheduler_scheduling_algorithm_duration_seconds', help: 'How long decisions took.' },
    doubling(0.001, 15),
  )
  readonly #waited = new Histograms(
    {
      name: 'scheduler_pod_scheduling_sli_duration_seconds',
      help: 'From when a pod could be tried first until it had its node.',
    },
    doubling(0.01, 20),
  )
  readonly #tries = new Histograms(
    { name: 'scheduler_pod_scheduling_attempts', help: 'Attempts until a pod had its node.' },
    doubling(1, 5),
  )
  readonly #victims = new Histograms(
    { name: 'scheduler_preemption_victims', help: 'Pods that had to go for one that needed room.' },
    doubling(1, 7),
  )
  #preemptions = 0

  decided(tookMs: number): void {
    this.#deciding.observe(tookMs / 1_000)
  }

  attempted(attempt: Attempt): void {
    const { result, profile, tookMs } = attempt
    const key = `${result} ${profile}`
    const known = this.#attempts.get(key)
    if (known === undefined) this.#attempts.set(key, { attempt, count: 1 })
    else known.count++
    this.#attemptTook.observe(tookMs / 1_000, { profile, result })
  }

  scheduled({ attempts, tookMs }: { readonly attempts: number; readonly tookMs: number }): void {
    this.#waited.observe(tookMs / 1_000, { attempts: String(attempts) })
    this.#tries.observe(attempts)
  }

  preempted(victims: number): void {
    this.#preemptions++
    this.#victims.observe(victims)
  }

  families(waiting: WaitingPods): readonly MetricFamily[] {
    const attempts = Array.from(this.#attempts.values(), ({ attempt: { profile, result }, count }) => ({
      labels: { profile, result },
      value: count,
    }))
    return [
      {
        name: 'scheduler_schedule_attempts_total',
        type: 'counter',
        help: 'Attempts to schedule pods, by their result.',
        points: attempts,
      },
      this.#attemptTook.family(),
      this.#deciding.family(),
      this.#waited.family(),
      this.#tries.family(),
      byLabel('gauge', 'scheduler_pending_pods', 'Pods that wait for a node, by the queue they are in.', {
        label: 'queue',
        values: Object.entries(waiting),
      }),
      single('counter', 'scheduler_preemption_attempts_total', 'Times that room was to be made.', this.#preemptions),
      this.#victims.family(),
    ]
  }
}
