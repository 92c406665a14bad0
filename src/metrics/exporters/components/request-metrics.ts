import type { RequestObserver } from '../../../client/measured-transport.ts'
import { Histograms } from '../../instrument/distributions.ts'
import type { MetricFamily } from '../../instrument/metric-families.ts'

/** k8s.io/component-base metrics/prometheus/restclient */
const BOUNDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

/** What one part of the cluster asks of the API server, by the names of client-go's. */
export class ClientRequestMetrics implements RequestObserver {
  readonly #totals = new Map<string, { readonly method: string; readonly code: number; count: number }>()
  readonly #took = new Histograms(
    { name: 'rest_client_request_duration_seconds', help: 'How long answers took, by verb.' },
    BOUNDS,
  )

  answered({ method, code, tookMs }: Parameters<RequestObserver['answered']>[0]): void {
    const key = `${method} ${code}`
    const total = this.#totals.get(key)
    if (total === undefined) this.#totals.set(key, { method, code, count: 1 })
    else total.count++
    this.#took.observe(tookMs / 1_000, { verb: method })
  }

  families(): readonly MetricFamily[] {
    const points = Array.from(this.#totals.values(), ({ method, code, count }) => ({
      labels: { code: String(code), method },
      value: count,
    }))
    const help = 'Requests that were answered, by code and method.'
    return [{ name: 'rest_client_requests_total', type: 'counter', help, points }, this.#took.family()]
  }
}
