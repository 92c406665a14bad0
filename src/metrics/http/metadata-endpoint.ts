import type { MetricMetadata } from '../model/storage.ts'
import { type Answer, answerOf } from './answer.ts'
import { badData } from './api-error.ts'
import { formOf, type WebRequest } from '../../world/web.ts'

/** What targets say of the metrics that they expose. */
export type MetadataSource = () => Iterable<readonly [metric: string, metadata: MetricMetadata]>

/** `/metadata`: types and help texts by metric, each once however many targets say it. */
export async function metricMetadata(request: WebRequest, source: MetadataSource): Promise<Answer> {
  const form = await formOf(request)
  const limit = countOf(form, 'limit')
  const perMetric = countOf(form, 'limit_per_metric')
  const wanted = form.get('metric') ?? ''
  const byMetric = new Map<string, Map<string, MetricMetadata>>()
  for (const [metric, metadata] of source()) {
    if (wanted !== '' && metric !== wanted) continue
    const known = byMetric.get(metric) ?? new Map<string, MetricMetadata>()
    byMetric.set(metric, known)
    if (perMetric <= 0 || known.size < perMetric) known.set(JSON.stringify(metadata), metadata)
  }
  const metrics = limit < 0 ? [...byMetric] : [...byMetric].slice(0, limit)
  return answerOf(Object.fromEntries(metrics.map(([metric, known]) => [metric, [...known.values()].map(plain)])))
}

function plain({ type, help, unit }: MetricMetadata): MetricMetadata {
  return { type, help, unit }
}

function countOf(form: URLSearchParams, name: string): number {
  const text = form.get(name) ?? ''
  if (text === '') return -1
  if (!/^[+-]?\d+$/.test(text)) throw badData(`${name} must be a number`)
  return Number(text)
}
