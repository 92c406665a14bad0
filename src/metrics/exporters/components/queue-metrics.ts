import type { QueueObserver } from '../../../client/work-queue.ts'
import { Histograms } from '../../instrument/distributions.ts'
import type { MetricFamily } from '../../instrument/metric-families.ts'

/** k8s.io/component-base metrics/prometheus/workqueue: from ten nanoseconds on, by tens. */
const BOUNDS = Array.from({ length: 12 }, (_, index) => Number(`1e${index - 8}`))

interface Counts {
  adds: number
  retries: number
  depth: number
}

/** What the work queues of controllers do, by the names of client-go's. */
export class QueueMetrics {
  readonly #counts = new Map<string, Counts>()
  readonly #waited = new Histograms(
    { name: 'workqueue_queue_duration_seconds', help: 'How long items waited before they were taken.' },
    BOUNDS,
  )
  readonly #worked = new Histograms(
    { name: 'workqueue_work_duration_seconds', help: 'How long items were worked on.' },
    BOUNDS,
  )

  observerOf(name: string): QueueObserver {
    const counts = { adds: 0, retries: 0, depth: 0 }
    this.#counts.set(name, counts)
    const waited = this.#waited.observer({ name })
    const worked = this.#worked.observer({ name })
    return {
      added() {
        counts.adds++
        counts.depth++
      },
      taken(waitedMs) {
        counts.depth--
        waited(waitedMs / 1_000)
      },
      done: (workedMs) => worked(workedMs / 1_000),
      retried: () => counts.retries++,
    }
  }

  families(): readonly MetricFamily[] {
    return [
      this.#family('counter', 'workqueue_adds_total', 'Items that were added.', ({ adds }) => adds),
      this.#family(
        'counter',
        'workqueue_retries_total',
        'Items that failed and are tried again.',
        (one) => one.retries,
      ),
      this.#family('gauge', 'workqueue_depth', 'Items that wait.', ({ depth }) => depth),
      this.#waited.family(),
      this.#worked.family(),
    ]
  }

  #family(type: 'counter' | 'gauge', name: string, help: string, valueOf: (counts: Counts) => number): MetricFamily {
    const points = Array.from(this.#counts, ([queue, counts]) => ({ labels: { name: queue }, value: valueOf(counts) }))
    return { name, type, help, points }
  }
}
