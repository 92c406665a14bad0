import { ExpandError, PrometheusTemplate } from '../../../src/metrics/templates/expand.ts'
import type { MissingKey } from '../../../src/metrics/templates/execute.ts'
import { histogramValue, type TemplateSample } from '../../../src/metrics/templates/prometheus-functions.ts'
import { isRecord } from '../lossless-json.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { floatOf, goValue } from './template-values.ts'

/** templates.json: a template's text and data, and what Prometheus makes of them. */
export const oracle: Oracle = {
  open(document) {
    const name = String(document['name'])
    const options = {
      nowMs: Number(document['now_ms']),
      externalUrl: new URL(String(document['external_url'])),
    }
    return async ({ input, expect }: OracleCase) => {
      const data = isRecord(input['data'])
        ? goValue(String(input['data']['go_type']), input['data']['value'])
        : undefined
      const outcome = await attempt(
        new PrometheusTemplate(name, String(input['text']), input['html'] === true ? 'html' : 'text').expand({
          ...options,
          data,
          query: () => Promise.resolve(samplesOf(input['query_result'])),
          missingKey: missingKeyOf(input['options']),
        }),
      )
      if ('output' in expect) return expectSame('output', outcome, expect['output'])
      if (!(outcome instanceof ExpandError)) throw new Mismatch(`must fail, got ${JSON.stringify(outcome)}`)
      expectSame('error', outcome.message, expect['error'])
    }
  },
}

async function attempt(expanded: Promise<string>): Promise<string | ExpandError> {
  try {
    return await expanded
  } catch (failure) {
    if (failure instanceof ExpandError) return failure
    throw failure
  }
}

function missingKeyOf(options: unknown): MissingKey {
  return Array.isArray(options) && options.includes('missingkey=error') ? 'error' : 'zero'
}

function samplesOf(vector: unknown): readonly TemplateSample[] {
  if (!Array.isArray(vector)) return []
  return vector.filter(isRecord).map((sample) => {
    const histogram = sample['native_histogram']
    const value = isRecord(histogram)
      ? histogramValue(`{count:${String(histogram['count'])}, sum:${String(histogram['sum'])}}`)
      : floatOf(sample['value'])
    return { labels: sample['labels'] as Record<string, string>, value }
  })
}
