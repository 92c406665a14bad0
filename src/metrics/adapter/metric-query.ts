import { goQuote } from '../../base/go-quote.ts'
import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import type { LabelRequirement } from '../../api/selectors/requirement.ts'
import type { Matcher } from '../model/matcher.ts'

/** A condition as a PromQL matcher has it. */
export type LabelCondition = Pick<Matcher, 'name' | 'op' | 'value'>

/** What a query's template is filled in with. */
export interface QueryParts {
  readonly series: string
  readonly conditions: readonly LabelCondition[]
  readonly groupBy: string
}

const PLACE = /<<-?\s*(.*?)\s*-?>>/g
const BY_NAME = /^index\s+\.LabelValuesByName\s+"([^"]*)"$/

/** What a template asks for that it cannot have; empty when there is nothing. */
export function unknownPlaces(template: string): readonly string[] {
  const nothing: QueryParts = { series: '', conditions: [], groupBy: '' }
  return [...template.matchAll(PLACE)]
    .filter(([, what = '']) => partOf(what, nothing) === undefined)
    .map(([whole]) => whole)
}

/** `sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)` with its parts (kubernetes-sigs/prometheus-adapter pkg/naming/metrics_query.go). */
export function expandQuery(template: string, parts: QueryParts): string {
  return template.replaceAll(PLACE, (whole, what: string) => partOf(what, parts) ?? whole)
}

function partOf(what: string, { series, conditions, groupBy }: QueryParts): string | undefined {
  switch (what) {
    case '.Series':
      return series
    case '.LabelMatchers':
      return conditions.map(({ name, op, value }) => `${name}${op}${goQuote(value)}`).join(',')
    case '.GroupBy':
      return groupBy
    default: {
      const name = BY_NAME.exec(what)?.[1]
      if (name === undefined) return undefined
      return conditions.find((one) => one.name === name)?.value ?? ''
    }
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
