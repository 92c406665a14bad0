import type { Clock } from '../../world/clock.ts'
import type { Network, ResponseStream } from '../../world/network.ts'
import { Labels, labelsOf } from '../model/labels.ts'
import type { RuleSample } from '../rules/rule-query.ts'
import type { AdapterSource } from './adapter-source.ts'

/** How long a Prometheus may take: an autoscaler waits for it, and so does kubectl's discovery. */
const TIMEOUT_MS = 10_000
/** How far back a series counts as being there. */
const SERIES_MAX_AGE_MS = 5 * 60_000
/** Longer answers are not read: they are no metric of an autoscaler. */
const BODY_BYTES_MAX = 64 * 1024 * 1024

export interface PrometheusSourceOptions {
  readonly clock: Clock
  readonly network: Pick<Network, 'request'>
  /** Where it is now, such as `http://prometheus.monitoring.svc:9090`. Throws when there is none. */
  url(): string
}

/** Reads a Prometheus through its HTTP API. */
export function prometheusSource({ clock, network, url }: PrometheusSourceOptions): AdapterSource {
  const get = async (endpoint: string, query: Record<string, string>): Promise<unknown> => {
    const abort = new AbortController()
    const timer = clock.schedule(TIMEOUT_MS, () => {
      abort.abort(new Error(`no answer from ${url()} within ${TIMEOUT_MS / 1_000} s`))
    })
    try {
      const search = new URLSearchParams(query).toString()
      const response = await network.request({
        url: `${url().replace(/\/$/, '')}/api/v1/${endpoint}?${search}`,
        method: 'GET',
        headers: { Accept: 'application/json' },
        // As with prometheus-adapter's own manifests, the authority of an in-cluster Prometheus is seldom known here.
        tls: { insecure: true },
        signal: abort.signal,
      })
      return dataOf(response.status, await textOf(response))
    } finally {
      timer.cancel()
    }
  }
  return {
    async series(selector) {
      const start = String((clock.now() - SERIES_MAX_AGE_MS) / 1_000)
      const data = await get('series', { 'match[]': selector, start, end: String(clock.now() / 1_000) })
      return (data as readonly Record<string, string>[]).map((labels) => labelsOf(labels))
    },
    async query(query) {
      return samplesOf(await get('query', { query, time: String(clock.now() / 1_000) }))
    },
  }
}

type Point = readonly [seconds: number, value: string]

interface QueryData {
  readonly resultType: string
  readonly result: unknown
}

function samplesOf(data: unknown): readonly RuleSample[] {
  const { resultType, result } = data as QueryData
  if (resultType === 'scalar') return [{ labels: Labels.empty, value: numberOf((result as Point)[1]) }]
  if (resultType !== 'vector') throw new Error(`the query gives a ${resultType}, not a vector`)
  const vector = result as readonly { readonly metric: Record<string, string>; readonly value?: Point }[]
  // A native histogram has no one value.
  return vector.flatMap(({ metric, value }) =>
    value === undefined ? [] : [{ labels: labelsOf(metric), value: numberOf(value[1]) }],
  )
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

function dataOf(status: number, text: string): unknown {
  let answer: { readonly status?: string; readonly data?: unknown; readonly error?: string }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch (error) {
    throw new Error(`Prometheus answers ${status}, and not with JSON`, { cause: error })
  }
  if (answer.status === 'success') return answer.data
  throw new Error(`Prometheus answers ${status}: ${answer.error ?? 'no reason given'}`)
}

async function textOf({ body }: ResponseStream): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.length
    if (sizeBytes > BODY_BYTES_MAX) throw new Error(`Prometheus answers with more than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
