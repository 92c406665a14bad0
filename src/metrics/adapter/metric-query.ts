import { goQuote } from '../../base/go-quote.ts'
import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import type { LabelRequirement } from '../../api/selectors/requirement.ts'
import type { Matcher } from '../model/matcher.ts'
import { TemplateSet } from '../templates/template.ts'

/** A condition as a PromQL matcher has it. */
export type LabelCondition = Pick<Matcher, 'name' | 'op' | 'value'>

/** What a query's template is filled in with. */
export interface QueryParts {
  readonly series: string
  readonly conditions: readonly LabelCondition[]
  /** The labels that results are told apart by. */
  readonly groupBy: readonly string[]
}

/** So that PromQL's own braces are only braces. */
const ANGLES = { left: '<<', right: '>>' }
const NAME = 'metrics-query'

/**
 * `sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`: a template of Go's that makes a query
 * (kubernetes-sigs/prometheus-adapter pkg/naming/metrics_query.go).
 */
export class QueryTemplate {
  readonly #templates: TemplateSet

  /** Throws a `TemplateParseError`. */
  constructor(text: string) {
    this.#templates = new TemplateSet({}, new Map(), ANGLES).with(NAME, text)
  }

  /** Throws a `TemplateError` when the template asks for what there is not. */
  fill({ series, conditions, groupBy }: QueryParts): string {
    const matchers = conditions.map(({ name, op, value }) => `${name}${op}${goQuote(value)}`)
    const values = new Map(conditions.map(({ name, value }) => [name, value]))
    return this.#templates.render(NAME, {
      kind: 'struct',
      type: 'naming.queryTemplateArgs',
      fields: {
        Series: series,
        LabelMatchers: matchers.join(','),
        LabelValuesByName: { kind: 'map', type: 'map[string]string', entries: values, zero: '' },
        GroupBy: groupBy.join(','),
        GroupBySlice: { kind: 'list', type: '[]string', items: groupBy },
      },
    })
  }
}

/** That a label is one of these. */
export function oneOf(name: string, values: readonly string[]): LabelCondition {
  return { name, op: values.length > 1 ? '=~' : '=', value: values.join('|') }
}

/** A selector of labels as PromQL's conditions; `undefined` where PromQL has none like it. */
export function conditionsOf({ requirements }: LabelMatcher): readonly LabelCondition[] | undefined {
  const conditions: LabelCondition[] = []
  for (const requirement of requirements) {
    const condition = conditionOf(requirement)
    if (condition === undefined) return undefined
    conditions.push(condition)
  }
  return conditions
}

function conditionOf({ key: name, operator, values }: LabelRequirement): LabelCondition | undefined {
  const value = values.toSorted().join('|')
  switch (operator) {
    case '=':
    case '==':
      return { name, op: '=', value }
    case '!=':
      return { name, op: '!=', value }
    case 'in':
      return { name, op: '=~', value }
    case 'notin':
      return { name, op: '!~', value }
    case 'exists':
      return { name, op: '!=', value: '' }
    case '!':
      return { name, op: '=', value: '' }
    case 'gt':
    case 'lt':
      return undefined
  }
}
