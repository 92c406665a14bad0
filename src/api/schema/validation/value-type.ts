import { typeInvalid } from '../../errors.ts'
import type { Schema } from '../schema.ts'
import type { Check } from './run.ts'

const INT64_LIMIT = 2 ** 63
const NUMERIC_FORMATS: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' }

/** The type of a value as JSON schemas name it. Whole numbers that 64 bits cannot hold are no integers. */
export function jsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'bigint') return isInt64(value) ? 'integer' : 'number'
  return typeof value
}

/** A double stands for the greatest 64 bit integer where no exact one came. */
export function isInt64(value: number | bigint): boolean {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value
  return Number.isInteger(value) && Math.abs(value) <= INT64_LIMIT
}

/** The types that a schema admits: none means all of them. */
export function typesOf(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return schema.type === undefined ? [] : [schema.type]
}

/** After k8s.io/kube-openapi pkg/validation/validate/type.go, which has formats checked before types. */
export function typeCheck(schema: Schema, format: string | undefined): Check | undefined {
  const types = typesOf(schema)
  if (types.length === 0 && format === undefined) return undefined
  const admitted = new Set(types.includes('number') ? [...types, 'integer'] : types)
  const isNumeric = types.includes('number') || types.includes('integer')
  const isNullable = types.length === 0 || schema.nullable === true
  return (value, run) => {
    const actual = jsonTypeOf(value)
    if (admitted.has(actual)) return run.match()
    const fail = (wanted: string, got: string): void =>
      run.fail(() =>
        typeInvalid(run.field, got, `${run.path} in body must be of type ${wanted}: ${JSON.stringify(got)}`),
      )
    if (actual === 'null') return isNullable ? run.match() : fail(types.join(','), actual)
    const isTextOrList = actual === 'string' || actual === 'array'
    if (!isTextOrList && format !== undefined) return fail(format, NUMERIC_FORMATS[actual] ?? '')
    return isTextOrList && format !== undefined && !isNumeric ? run.match() : fail(types.join(','), actual)
  }
}
