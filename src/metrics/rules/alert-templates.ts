import { PrometheusTemplate } from '../templates/expand.ts'
import { type Struct, textMap, type Value } from '../templates/values.ts'

/** Short names that every template of an alert may use. */
const DEFINITIONS =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}'

/** A label or an annotation of an alerting rule. */
export function alertTemplate(alert: string, text: string): PrometheusTemplate {
  return new PrometheusTemplate(`__alert_${alert}`, DEFINITIONS + text)
}

export interface AlertTemplateData {
  readonly labels: Readonly<Record<string, string>>
  readonly externalLabels: Readonly<Record<string, string>>
  readonly externalUrl: string
  readonly value: Value
}

/** What templates see as their dot. */
export function alertTemplateData({ labels, externalLabels, externalUrl, value }: AlertTemplateData): Struct {
  return {
    kind: 'struct',
    type: 'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }',
    fields: {
      Labels: textMap(labels),
      ExternalLabels: textMap(externalLabels),
      ExternalURL: externalUrl,
      Value: value,
    },
  }
}
