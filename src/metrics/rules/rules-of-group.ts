import { labelsOf } from '../model/labels.ts'
import { AlertingRule } from './alerting-rule.ts'
import { RecordingRule } from './recording-rule.ts'
import type { RuleGroupConfig } from './rule-file.ts'
import type { Rule } from './rule-group.ts'

export interface RulesOptions {
  readonly externalLabels: Readonly<Record<string, string>>
  /** As templates show it. */
  readonly externalUrl: string
  /** Alerts begin anew: there is nothing to take up from an earlier life. */
  readonly isRestored: boolean
  /** An expression as it is shown, and evaluated. */
  readonly printQuery: (expr: string) => string
}

/** The rules of a group, each with the group's labels under its own. */
export function rulesOf(group: RuleGroupConfig, options: RulesOptions): readonly Rule[] {
  const { externalLabels, externalUrl, isRestored, printQuery } = options
  return group.rules.map(({ record = '', alert, expr, forMs, keepFiringForMs, labels: own, annotations }) => {
    const labels = labelsOf({ ...group.labels, ...own })
    const printed = printQuery(expr)
    if (alert === undefined) return new RecordingRule({ name: record, expr: printed, labels })
    return new AlertingRule({
      name: alert,
      expr: printed,
      forMs,
      keepFiringForMs,
      labels,
      annotations: labelsOf(annotations),
      externalLabels,
      externalUrl,
      isRestored,
    })
  })
}
