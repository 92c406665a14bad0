import { goQuote } from '../../../base/go-quote.ts'
import { messageOf } from '../../../base/message-of.ts'
import { printDuration } from '../../model/duration.ts'
import { equalHistograms } from '../../model/histogram/equal.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import { compareLabels, Labels, labelsOf } from '../../model/labels.ts'
import { printLabels } from '../../promql/binary/matching.ts'
import { parseMetric } from '../../promql/syntax/parse-metric.ts'
import { parseSeriesDescription } from '../../promql/syntax/parse-series.ts'
import { printHistogramNotation } from '../../promql/syntax/print-histogram.ts'
import { formatFloat } from '../../../base/go-numbers.ts'
import type { Alert } from '../alert.ts'
import type { RuleSample } from '../rule-query.ts'
import type { AlertTest, ExprTest } from './test-file.ts'

interface Described {
  readonly labels: Labels
  readonly annotations: Labels
}

/** What is wrong with the alerts that fire, in promtool's form; undefined when they are those expected. */
export function alertProblem(
  test: AlertTest,
  firing: readonly Alert[],
  groupName: string | undefined,
): string | undefined {
  const { alertname = '', eval_time: evalMs = 0, exp_alerts: expectedAlerts = [] } = test
  const expected = expectedAlerts.map(({ exp_labels: labels = {}, exp_annotations: annotations = {} }) => {
    return { labels: labelsOf({ ...labels, alertname }), annotations: labelsOf(annotations) }
  })
  const wanted = [...expected].sort(compareDescribed)
  const got = [...firing].sort(compareDescribed)
  const isSame =
    wanted.length === got.length && wanted.every((each, index) => compareDescribed(each, got[index] ?? each) === 0)
  if (isSame) return undefined
  const name = groupName === undefined ? '' : `    name: ${groupName},\n`
  return (
    `${name}    alertname: ${alertname}, time: ${printDuration(evalMs)}, \n` +
    `        exp:${indented(printAlerts(wanted), '            ')}, \n        got:${indented(printAlerts(got), '            ')}`
  )
}

function compareDescribed(a: Described, b: Described): number {
  return compareLabels(a.labels, b.labels) || compareLabels(a.annotations, b.annotations)
}

function printAlerts(alerts: readonly Described[]): string {
  if (alerts.length === 0) return '[]'
  const printed = alerts.map(({ labels, annotations }, index) => {
    const lines = `\nLabels:${printLabels(labels)}\nAnnotations:${printLabels(annotations)}`
    return `\n${index}:${indented(lines, '  ')}`
  })
  return `[${printed.join(',')}\n]`
}

function indented(lines: string, indent: string): string {
  return lines.replaceAll('\n', `\n${indent}`)
}

/** What is wrong with what an expression gives; undefined when it is what is expected. */
export function samplesProblem(test: ExprTest, samples: readonly RuleSample[], isFuzzy: boolean): string | undefined {
  const { expr = '', eval_time: evalMs = 0, exp_samples: expectedSamples = [] } = test
  const where = `    expr: ${goQuote(expr)}, time: ${printDuration(evalMs)},`
  const wanted: RuleSample[] = []
  for (const { labels = '', value = 0, histogram = '' } of expectedSamples) {
    try {
      wanted.push({
        labels: labels === '' ? Labels.empty : parseMetric(labels),
        value: histogram === '' ? value : 0,
        ...(histogram !== '' && { histogram: histogramOf(histogram) }),
      })
    } catch (failure) {
      return `${where} err: labels ${goQuote(labels)}: ${messageOf(failure)}`
    }
  }
  wanted.sort((a, b) => compareLabels(a.labels, b.labels))
  const got = [...samples].sort((a, b) => compareLabels(a.labels, b.labels))
  const isSame =
    wanted.length === got.length && wanted.every((each, index) => sameSample(each, got[index] ?? each, isFuzzy))
  return isSame ? undefined : `${where}\n        exp: ${printSamples(wanted)}\n        got: ${printSamples(got)}`
}

function histogramOf(text: string): FloatHistogram {
  const { values } = parseSeriesDescription(`{} ${text}`)
  const [value] = values
  if (value === undefined || values.length !== 1) throw new Error(`expected 1 value, got ${values.length}`)
  if (value.type !== 'histogram') throw new Error(`expected histogram, got ${text}`)
  return value.histogram
}

function sameSample(a: RuleSample, b: RuleSample, isFuzzy: boolean): boolean {
  if (compareLabels(a.labels, b.labels) !== 0) return false
  if (a.histogram !== undefined || b.histogram !== undefined) {
    return a.histogram !== undefined && b.histogram !== undefined && equalHistograms(a.histogram, b.histogram)
  }
  return a.value === b.value || (isFuzzy && areNeighbours(a.value, b.value))
}

/** Whether no number lies between the two. */
function areNeighbours(a: number, b: number): boolean {
  const words = new BigInt64Array(new Float64Array([a, b]).buffer)
  const [left = 0n, right = 0n] = words
  const distance = left - right
  return distance >= -1n && distance <= 1n
}

function printSamples(samples: readonly RuleSample[]): string {
  if (samples.length === 0) return 'nil'
  return samples
    .map(({ labels, value, histogram }) => {
      const shown =
        histogram === undefined ? formatFloat(value, 'e', -1).replace('e', 'E') : printHistogramNotation(histogram)
      return `${printLabels(labels)} ${shown}`
    })
    .join(', ')
}
