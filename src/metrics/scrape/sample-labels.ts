import { compareText } from '../../base/compare-text.ts'
import { goQuote } from '../../base/go-quote.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import { Labels, labelsOf, METRIC_NAME } from '../model/labels.ts'
import { isValidLabelName, isValidMetricName, type NameValidationScheme } from '../model/names.ts'
import { relabelBuilder } from '../relabel/relabel.ts'
import type { RelabelConfig } from '../relabel/relabel-config.ts'

const EXPORTED = 'exported_'

/** How series of a target are labelled. */
export interface SampleLabelling {
  readonly targetLabels: Labels
  /** Labels of the exposition win over those of the target. */
  readonly honorLabels: boolean
  readonly metricRelabeling: readonly RelabelConfig[]
  readonly scheme: NameValidationScheme
}

/** Labels of a series in the database; undefined when a rule drops it. */
export function sampleLabels(exposed: Labels, labelling: SampleLabelling): Labels | undefined {
  const { targetLabels, honorLabels, metricRelabeling, scheme } = labelling
  if (metricRelabeling.length === 0) {
    const merged = merge(exposed, targetLabels)
    if (merged !== undefined) return merged
  }
  const builder = new LabelBuilder(exposed)
  const conflicts: (readonly [name: string, value: string])[] = []
  for (const [name, value] of targetLabels) {
    const present = exposed.get(name)
    if (honorLabels && exposed.has(name)) continue
    if (present !== '') conflicts.push([name, present])
    builder.set(name, value)
  }
  // Shorter names first: `exported_x` of the exposition must not be overwritten by what becomes of `x`.
  conflicts.sort(([a], [b]) => a.length - b.length)
  for (const [name, value] of conflicts) {
    let free = EXPORTED + name
    while (builder.get(free) !== '') free = EXPORTED + free
    builder.set(free, value)
  }
  if (!relabelBuilder(builder, metricRelabeling, scheme)) return undefined
  const labels = builder.build()
  return labels.size === 0 ? undefined : labels
}

/** Both sets as one; undefined when they have a name in common. */
function merge({ pairs: left }: Labels, { pairs: right }: Labels): Labels | undefined {
  const pairs: string[] = []
  let at = 0
  for (let index = 0; index < right.length; index += 2) {
    const name = right[index] ?? ''
    for (; at < left.length && compareText(left[at] ?? '', name) < 0; at += 2) {
      pairs.push(left[at] ?? '', left[at + 1] ?? '')
    }
    if (left[at] === name) return undefined
    pairs.push(name, right[index + 1] ?? '')
  }
  for (; at < left.length; at += 2) pairs.push(left[at] ?? '', left[at + 1] ?? '')
  return new Labels(pairs)
}

/** Labels of what is said about a scrape. */
export function reportLabels(name: string, targetLabels: Labels): Labels {
  return labelsOf([...targetLabels, [METRIC_NAME, name]])
}

/** 0 is without limit. */
export interface LabelLimits {
  readonly labels: number
  readonly nameLength: number
  readonly valueLength: number
}

/** What is wrong with the labels of a series, in Prometheus' words. */
export function labelProblem(labels: Labels, limits: LabelLimits, scheme: NameValidationScheme): string | undefined {
  const metric = labels.metricName
  if (metric === '') return `missing metric name (${METRIC_NAME} label)`
  if (!isValidMetricName(metric, scheme) || !hasValidNames(labels, scheme)) {
    return `invalid metric name or label names: ${printed(labels)}`
  }
  if (limits.labels > 0 && labels.size > limits.labels) {
    return `label_limit exceeded (metric: ${shown(metric)}, number of labels: ${labels.size}, limit: ${limits.labels})`
  }
  if (limits.nameLength === 0 && limits.valueLength === 0) return undefined
  for (const [name, value] of labels) {
    const nameLength = Buffer.byteLength(name)
    if (limits.nameLength > 0 && nameLength > limits.nameLength) {
      return `label_name_length_limit exceeded (metric: ${shown(metric)}, label name: ${shown(name)}, length: ${nameLength}, limit: ${limits.nameLength})`
    }
    const valueLength = Buffer.byteLength(value)
    if (limits.valueLength > 0 && valueLength > limits.valueLength) {
      return `label_value_length_limit exceeded (metric: ${shown(metric)}, label name: ${shown(name)}, value: ${goQuote(shown(value))}, length: ${valueLength}, limit: ${limits.valueLength})`
    }
  }
  return undefined
}

function hasValidNames({ pairs }: Labels, scheme: NameValidationScheme): boolean {
  for (let index = 0; index < pairs.length; index += 2) {
    if (!isValidLabelName(pairs[index] ?? '', scheme)) return false
  }
  return true
}

const SHOWN_LENGTH = 50

function shown(text: string): string {
  return text.slice(0, SHOWN_LENGTH)
}

function printed(labels: Labels): string {
  return `{${[...labels].map(([name, value]) => `${name}=${goQuote(value)}`).join(', ')}}`
}
