import { printDouble } from '../../cel/numbers.ts'
import { invalidValue } from '../../errors.ts'
import type { Schema } from '../schema.ts'
import type { Check, Run } from './run.ts'
import { isInt64, typesOf } from './value-type.ts'

const INT32_LIMIT = 2 ** 31
const JSON_INTEGER_MAX = 2 ** 53 - 1
/** How far from a whole number a quotient may be: github.com/go-openapi/swag convert.go. */
const WHOLENESS_EPSILON = 1e-9

type Numeric = number | bigint

/** After k8s.io/kube-openapi pkg/validation/validate/validator.go and values.go. */
export function numberCheck(schema: Schema, format: string | undefined): Check {
  const range = rangeOf(schema, format)
  const limits = [multipleOf(schema, range), minimum(schema, range), maximum(schema, range)]
  const checks = limits.filter((limit) => limit !== undefined)
  return (value, run) => {
    const number = value as Numeric
    range?.check(number, 'Checked', run)
    for (const check of checks) check(number, run)
    run.match()
  }
}

/** What a number of the schema's type and format can be. */
interface Range {
  check(value: Numeric, what: string, run: Run): boolean
}

function rangeOf(schema: Schema, format: string | undefined): Range | undefined {
  const types = typesOf(schema)
  const [type] = types
  if (types.length !== 1 || (type !== 'integer' && type !== 'number')) return undefined
  const isInRange = type === 'integer' ? (format === 'int32' ? isInt32 : isInt64) : isFloatIn(format)
  const printed = `${type} ${format === undefined ? '(default format)' : `with format ${format}`}`
  return {
    check(value, what, run) {
      if (isInRange(value)) return true
      run.failPlainly(() => `${what} value must be of type ${printed} in ${run.path}`)
      return false
    },
  }
}

function isInt32(value: Numeric): boolean {
  return isInt64(value) && value >= -INT32_LIMIT && value < INT32_LIMIT
}

function isFloatIn(format: string | undefined): (value: Numeric) => boolean {
  return format === 'float' ? (value) => Number.isFinite(Math.fround(Number(value))) : () => true
}

type Limit = (value: Numeric, run: Run) => void

/** Integers are compared with the limit's whole part. */
function limitFor(value: Numeric, limit: number): number {
  return isInt64(value) ? Math.trunc(limit) : limit
}

function printLimit(value: Numeric, limit: number): string {
  return isInt64(value) && Number.isInteger(limit) ? String(limit) : printDouble(limit)
}

function maximum({ maximum: most, exclusiveMaximum }: Schema, range: Range | undefined): Limit | undefined {
  if (most === undefined) return undefined
  const words = exclusiveMaximum === true ? 'less than' : 'less than or equal to'
  return (value, run) => {
    const limit = range?.check(most, 'Maximum boundary', run) === false ? most : limitFor(value, most)
    if (value > limit || (exclusiveMaximum === true && value == limit))
      fail(run, value, `${words} ${printLimit(value, limit)}`)
  }
}

function minimum({ minimum: least, exclusiveMinimum }: Schema, range: Range | undefined): Limit | undefined {
  if (least === undefined) return undefined
  const words = exclusiveMinimum === true ? 'greater than' : 'greater than or equal to'
  return (value, run) => {
    const limit = range?.check(least, 'Minimum boundary', run) === false ? least : limitFor(value, least)
    if (value < limit || (exclusiveMinimum === true && value == limit))
      fail(run, value, `${words} ${printLimit(value, limit)}`)
  }
}

function multipleOf({ multipleOf: divisor }: Schema, range: Range | undefined): Limit | undefined {
  if (divisor === undefined) return undefined
  return (value, run) => {
    const factor = range?.check(divisor, 'MultipleOf', run) === false ? divisor : limitFor(value, divisor)
    if (factor <= 0) {
      const message = `factor MultipleOf declared for ${run.path} must be positive: ${printLimit(value, factor)}`
      run.fail(() => invalidValue(run.field, factor, message))
    } else if (!isMultiple(value, factor)) fail(run, value, `a multiple of ${printLimit(value, factor)}`)
  }
}

function isMultiple(value: Numeric, factor: number): boolean {
  if (isInt64(value) && Number.isInteger(factor)) return BigInt(value) % BigInt(factor) === 0n
  const quotient = factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor
  return isNearlyWhole(quotient)
}

function isNearlyWhole(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > JSON_INTEGER_MAX) return false
  const whole = Math.trunc(value)
  const difference = Math.abs(value - whole)
  return (
    difference === 0 || difference / Math.min(Math.abs(value) + Math.abs(whole), Number.MAX_VALUE) < WHOLENESS_EPSILON
  )
}

function fail(run: Run, value: Numeric, words: string): void {
  const shown = typeof value === 'bigint' ? Number(value) : value
  run.fail(() => invalidValue(run.field, shown, `${run.path} in body should be ${words}`))
}
