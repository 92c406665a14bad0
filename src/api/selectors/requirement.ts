import type { Cause } from '../errors.ts'
import { invalidValue, notSupported } from '../errors.ts'
import { validateLabelValue, validateQualifiedName } from '../names/labels.ts'

/** How a requirement relates a label to its values: k8s.io/apimachinery pkg/selection/operator.go. */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'gt' | 'lt' | 'exists' | '!'

/** One condition of a label selector. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

export type Labels = Readonly<Record<string, string>>

/** In the order in which the API server lists them. */
const OPERATORS: readonly LabelOperator[] = ['in', 'notin', '=', '==', '!=', 'gt', 'lt', 'exists', '!']
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** What is wrong with a requirement; `path` is the field that it stands at, empty for none. */
export function validateRequirement({ key, operator, values }: LabelRequirement, path = ''): readonly Cause[] {
  const prefix = path === '' ? '' : `${path}.`
  const causes = validateKey(key, `${prefix}key`)
  const field = `${prefix}values`
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length === 0) {
        causes.push(invalidValue(field, values, "for 'in', 'notin' operators, values set can't be empty"))
      }
      break
    case '=':
    case '==':
    case '!=':
      if (values.length !== 1) {
        causes.push(invalidValue(field, values, 'exact-match compatibility requires one single value'))
      }
      break
    case 'exists':
    case '!':
      if (values.length > 0) {
        causes.push(invalidValue(field, values, 'values set must be empty for exists and does not exist'))
      }
      break
    case 'gt':
    case 'lt':
      causes.push(...validateBound(values, field))
      break
    default:
      causes.push(notSupported(`${prefix}operator`, operator, OPERATORS))
  }
  for (const [index, value] of values.entries()) {
    const problems = validateLabelValue(value)
    if (problems.length > 0) causes.push(invalidValue(`${field}[${index}][${key}]`, value, problems.join('; ')))
  }
  return causes
}

export function validateKey(key: string, field: string): Cause[] {
  const problems = validateQualifiedName(key)
  return problems.length === 0 ? [] : [invalidValue(field, key, problems.join('; '))]
}

/** The requirement as a function of labels, with every decision that does not depend on them taken beforehand. */
export function compileRequirement({ key, operator, values }: LabelRequirement): (labels: Labels) => boolean {
  const [only] = values
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      if (values.length === 1) return (labels) => labels[key] === only
      return (labels) => values.includes(labels[key] ?? NO_LABEL)
    case '!=':
    case 'notin':
      if (values.length === 1) return (labels) => labels[key] !== only
      return (labels) => !values.includes(labels[key] ?? NO_LABEL)
    case 'exists':
      return (labels) => Object.hasOwn(labels, key)
    case '!':
      return (labels) => !Object.hasOwn(labels, key)
    case 'gt':
    case 'lt': {
      const bound = only === undefined || values.length > 1 ? undefined : parseInt64(only)
      return (labels) => {
        const value = Object.hasOwn(labels, key) ? parseInt64(labels[key] ?? '') : undefined
        if (value === undefined || bound === undefined) return false
        return operator === 'gt' ? value > bound : value < bound
      }
    }
  }
}

/** In the canonical form that the parser reads back. */
export function printRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

/** Not a value that a label can have, so that a missing label is in no list. */
const NO_LABEL = '\0'

function validateBound(values: readonly string[], field: string): readonly Cause[] {
  const causes: Cause[] = []
  if (values.length !== 1) {
    causes.push(invalidValue(field, values, "for 'Gt', 'Lt' operators, exactly one value is required"))
  }
  for (const [index, value] of values.entries()) {
    if (parseInt64(value) === undefined) {
      causes.push(invalidValue(`${field}[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
    }
  }
  return causes
}

function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,64}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined
}
