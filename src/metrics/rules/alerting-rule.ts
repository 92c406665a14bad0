import { printHistogram } from '../model/histogram/print.ts'
import { type Labels, labelsOf, METRIC_NAME } from '../model/labels.ts'
import { ExpandError, type PrometheusTemplate } from '../templates/expand.ts'
import { histogramValue, type TemplateSample } from '../templates/prometheus-functions.ts'
import type { Struct } from '../templates/values.ts'
import { type Alert, type AlertState, alertToSend, nextAlert } from './alert.ts'
import { alertTemplate, alertTemplateData } from './alert-templates.ts'
import { type Evaluation, newRuleState, type RuleSample, type RuleState, type WrittenSample } from './rule-query.ts'

const ALERT_NAME = 'alertname'
const ALERT_STATE = 'alertstate'
export const ALERTS = 'ALERTS'
export const ALERTS_FOR_STATE = 'ALERTS_FOR_STATE'

export interface AlertingRuleOptions {
  readonly name: string
  readonly expr: string
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly labels: Labels
  readonly annotations: Labels
  readonly externalLabels: Readonly<Record<string, string>>
  /** As it is shown in templates; may be empty. */
  readonly externalUrl: string
  /** Nothing is to be taken over from an earlier life: what the alert's state is can be written from the beginning. */
  readonly isRestored: boolean
}

/** A rule that has an alert for each set of labels for which its expression gives something. */
export class AlertingRule {
  readonly type = 'alerting'
  readonly name: string
  readonly expr: string
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly labels: Labels
  readonly annotations: Labels
  readonly state: RuleState = newRuleState()
  isRestored: boolean
  readonly #options: AlertingRuleOptions
  readonly #labelTemplates: readonly NamedTemplate[]
  readonly #annotationTemplates: readonly NamedTemplate[]
  /** Those that are active, and those that were until a while ago, by the key of their labels. */
  #alerts = new Map<string, Alert>()

  constructor(options: AlertingRuleOptions) {
    this.name = options.name
    this.expr = options.expr
    this.forMs = options.forMs
    this.keepFiringForMs = options.keepFiringForMs
    this.labels = options.labels
    this.annotations = options.annotations
    this.isRestored = options.isRestored
    this.#options = options
    this.#labelTemplates = templatesOf(options.name, options.labels)
    this.#annotationTemplates = templatesOf(options.name, options.annotations)
  }

  /** All that is known, the alerts that are over included. */
  get alerts(): readonly Alert[] {
    return [...this.#alerts.values()]
  }

  get activeAlerts(): readonly Alert[] {
    return this.alerts.filter(({ resolvedAtMs }) => resolvedAtMs === undefined)
  }

  /** The gravest state of its alerts. */
  get alertState(): AlertState | 'unknown' {
    if (this.state.evaluatedAtMs === 0) return 'unknown'
    const states = new Set(this.alerts.map(({ state }) => state))
    if (states.has('firing')) return 'firing'
    return states.has('pending') ? 'pending' : 'inactive'
  }

  /** Takes over the alerts of the same rule in an earlier configuration. */
  takeOver(from: AlertingRule): void {
    this.#alerts = new Map([...this.#alerts, ...from.#alerts])
  }

  /** The series of alerts that are to be written. Throws when the expression fails or gives too much. */
  async evaluate(evaluation: Evaluation): Promise<readonly WrittenSample[]> {
    const { atMs, queryOffsetMs, limit, query, signal } = evaluation
    const samples = await query(this.expr, atMs - queryOffsetMs, signal)
    const found = await this.#alertsOf(samples, evaluation)
    const alerts = this.#advance(found, atMs)
    const active = [...alerts.values()].filter(({ state }) => state !== 'inactive')
    if (limit > 0 && active.length > limit) {
      this.#alerts = new Map()
      throw new Error(`exceeded limit of ${limit} with ${active.length} alerts`)
    }
    this.#alerts = alerts
    if (!this.isRestored) return []
    return active.flatMap((alert) => this.#samplesOf(alert, atMs - queryOffsetMs))
  }

  /** The alerts that are to be sent now; they are remembered as sent. */
  takeAlertsToSend(timing: { nowMs: number; resendDelayMs: number; intervalMs: number }): readonly Alert[] {
    const sent: Alert[] = []
    for (const [key, alert] of this.#alerts) {
      const toSend = alertToSend(alert, timing)
      if (toSend === undefined) continue
      this.#alerts.set(key, toSend)
      sent.push(toSend)
    }
    return sent
  }

  /** Changes the alerts that are active: their beginnings as they are found in storage. */
  restore(change: (alert: Alert) => Alert): void {
    for (const [key, alert] of this.#alerts) this.#alerts.set(key, change(alert))
  }

  /** The labels that every series of its alerts has, without those that a template gives. */
  get seriesLabels(): Labels {
    const fixed = [...this.labels].filter(([, value]) => !value.includes('{{'))
    return labelsOf([...fixed, [ALERT_NAME, this.name], [METRIC_NAME, ALERTS_FOR_STATE]])
  }

  async #alertsOf(samples: readonly RuleSample[], evaluation: Evaluation): Promise<ReadonlyMap<string, Alert>> {
    const alerts = new Map<string, Alert>()
    for (const sample of samples) {
      const expand = this.#expander(sample, evaluation)
      let labels = sample.labels.with(METRIC_NAME, '')
      for (const { name, template } of this.#labelTemplates) labels = labels.with(name, await expand(template))
      labels = labels.with(ALERT_NAME, this.name)
      const annotations: [string, string][] = []
      for (const { name, template } of this.#annotationTemplates) annotations.push([name, await expand(template)])
      if (alerts.has(labels.key)) {
        throw new Error('vector contains metrics with the same labelset after applying alert labels')
      }
      alerts.set(labels.key, {
        state: 'pending',
        labels,
        annotations: labelsOf(annotations),
        value: sample.value,
        activeAtMs: evaluation.atMs,
      })
    }
    return alerts
  }

  #expander(sample: RuleSample, { atMs, query, signal }: Evaluation): (template: TextTemplate) => Promise<string> {
    const { externalLabels, externalUrl } = this.#options
    let data: Struct | undefined
    return async (template) => {
      if (typeof template === 'string') return template
      data ??= alertTemplateData({
        labels: sample.labels.toObject(),
        externalLabels,
        externalUrl,
        value: templateValue(sample),
      })
      try {
        return await template.expand({
          data,
          nowMs: atMs,
          externalUrl: new URL(externalUrl === '' ? 'http://localhost' : externalUrl),
          query: async (expr) => (await query(expr, atMs, signal)).map(templateSample),
        })
      } catch (failure) {
        // An alert with half an annotation beats none.
        if (failure instanceof ExpandError) return `<error expanding template: ${failure.message}>`
        throw failure
      }
    }
  }

  #advance(found: ReadonlyMap<string, Alert>, nowMs: number): Map<string, Alert> {
    const merged = new Map(this.#alerts)
    for (const [key, alert] of found) {
      const present = merged.get(key)
      const isActive = present !== undefined && present.state !== 'inactive'
      merged.set(key, isActive ? { ...present, value: alert.value, annotations: alert.annotations } : alert)
    }
    const timing = { nowMs, forMs: this.forMs, keepFiringForMs: this.keepFiringForMs }
    for (const [key, alert] of merged) {
      const next = nextAlert(alert, found.has(key), timing)
      if (next === undefined) merged.delete(key)
      else merged.set(key, next)
    }
    return merged
  }

  #samplesOf(alert: Alert, timestampMs: number): readonly WrittenSample[] {
    let labels = alert.labels
    // Labels of the rule that the alert does not have are shown as they are written: an empty one from a template.
    for (const [name, value] of this.labels) if (!labels.has(name)) labels = labels.with(name, value)
    labels = labels.with(ALERT_NAME, this.name)
    const state = labels.with(METRIC_NAME, ALERTS).with(ALERT_STATE, alert.state)
    const since = labels.with(METRIC_NAME, ALERTS_FOR_STATE)
    return [
      { labels: state, value: 1, timestampMs },
      { labels: since, value: Math.floor(alert.activeAtMs / 1_000), timestampMs },
    ]
  }
}

function templateSample(sample: RuleSample): TemplateSample {
  return { labels: sample.labels.toObject(), value: templateValue(sample) }
}

function templateValue({ value, histogram }: RuleSample): TemplateSample['value'] {
  return histogram === undefined ? value : histogramValue(printHistogram(histogram))
}

/** A text that has nothing to fill in is itself. */
type TextTemplate = string | PrometheusTemplate

interface NamedTemplate {
  readonly name: string
  readonly template: TextTemplate
}

function templatesOf(alert: string, labels: Labels): readonly NamedTemplate[] {
  return [...labels].map(([name, text]) => ({
    name,
    template: text.includes('{{') ? alertTemplate(alert, text) : text,
  }))
}
