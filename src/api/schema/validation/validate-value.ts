import { type Cause, invalidValue, notSupported, required, tooMany } from '../../errors.ts'
import { Correlation } from '../correlation.ts'
import { isJsonObject, type JsonObject, sameJson } from '../json.ts'
import type { Schema } from '../schema.ts'
import { combinationCheck } from './combinations.ts'
import { numberCheck } from './number-limits.ts'
import { type Check, Run } from './run.ts'
import { formatCheck, textCheck } from './text-limits.ts'
import { typeCheck, typesOf } from './value-type.ts'

/** On an update: the value before, and how it corresponds to the new one. Errors where nothing changed are excused. */
export interface Before {
  readonly old: unknown
  readonly correlation?: Correlation | undefined
}

export interface ValidateOptions {
  /** Where the value stands in what is validated. */
  readonly path?: string
  readonly before?: Before | undefined
}

/**
 * What is wrong with a value by its schema, in the words that API servers use of custom resources. After
 * k8s.io/kube-openapi pkg/validation/validate.
 */
export function validateValue(
  value: unknown,
  schema: Schema,
  { path = '', before }: ValidateOptions = {},
): readonly Cause[] {
  const check = checkOf(schema)
  const run = new Run(path)
  check(value, run)
  if (run.causes.length === 0 || before === undefined) return run.causes
  // The past only excuses, so it is asked only when there is something to excuse.
  const correlation = before.correlation ?? new Correlation(value, before.old, schema)
  const excusing = new Run(path, correlation)
  excusing.checkExcusing(value, check, correlation)
  return excusing.causes
}

const checks = new WeakMap<Schema, Check>()

/** Compiled on first use: of a large schema, values mostly use a small part. */
function checkOf(schema: Schema): Check {
  let check = checks.get(schema)
  if (check === undefined) checks.set(schema, (check = compileCheck(schema)))
  return check
}

function compileCheck(schema: Schema): Check {
  const format = knownFormat(schema)
  const type = typeCheck(schema, format)
  const combinations = combinationCheck(schema, checkOf)
  const text = textCheck(schema)
  const textFormat = format === undefined ? undefined : formatCheck(format)
  const number = numberCheck(schema, format)
  const enumeration = enumCheck(schema)
  const checkArray = arrayCheck(schema)
  const checkObject = objectCheck(schema)
  return (value, run) => {
    type?.(value, run)
    if (value === null || value === undefined) return enumeration?.(value, run)
    if (type !== undefined) run.match()
    combinations(value, run)
    run.match()
    if (typeof value === 'string') {
      text?.(value, run)
      run.match()
      textFormat?.(value, run)
      if (textFormat !== undefined) run.match()
    } else if (typeof value === 'number' || typeof value === 'bigint') {
      number(value, run)
      run.match()
    } else if (Array.isArray(value)) {
      checkArray(value, run)
      run.match()
    }
    enumeration?.(value, run)
    run.match()
    if (isJsonObject(value)) {
      checkObject(value, run)
      run.match()
    }
    run.match()
  }
}

/** Formats that nobody knows are ignored: k8s.io/apiextensions-apiserver pkg/apiserver/validation/formats.go. */
function knownFormat(schema: Schema): string | undefined {
  const { format } = schema
  if (format === undefined || format === '') return undefined
  const types = typesOf(schema)
  const type = types.length === 1 ? types[0] : 'string'
  if (type === 'string') return formatCheck(format) === undefined ? undefined : format
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : undefined
  return type === 'number' && (format === 'float' || format === 'double') ? format : undefined
}

function enumCheck({ enum: values = [] }: Schema): Check | undefined {
  if (values.length === 0) return undefined
  const known: ReadonlySet<unknown> = new Set(values.filter((value) => value !== null))
  const supported = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  return (value, run) => {
    if (known.has(value)) return
    const isCompound = typeof value === 'object' || typeof value === 'bigint'
    if (isCompound && value !== null && values.some((one) => sameJson(one, value))) return
    run.fail(() => notSupported(run.field, value, supported))
  }
}

function arrayCheck({ items, minItems, maxItems, uniqueItems }: Schema): Check {
  return (value, run) => {
    const array = value as readonly unknown[]
    if (items !== undefined) {
      const check = checkOf(items)
      for (let index = 0; index < array.length; index++) run.descend(index, array[index], check)
    }
    if (minItems !== undefined && array.length < minItems) {
      run.fail(() =>
        invalidValue(run.field, array.length, `${run.path} in body should have at least ${minItems} items`),
      )
    }
    if (maxItems !== undefined && array.length > maxItems) run.fail(() => tooMany(run.field, array.length, maxItems))
    if (uniqueItems === true && array.some((item, index) => array.slice(0, index).some((one) => sameJson(one, item)))) {
      run.fail(() => invalidValue(run.field, '', `${run.path} in body shouldn't contain duplicates`))
    }
    run.match()
  }
}

function objectCheck(schema: Schema): Check {
  const { properties = {}, required: requiredFields = [], additionalProperties } = schema
  const steps = new Map(Object.entries(properties).map(([property, child]) => [property, { property, child }]))
  const additional = typeof additionalProperties === 'object' ? additionalProperties : undefined
  const isCounted = schema.minProperties !== undefined || schema.maxProperties !== undefined
  return (value, run) => {
    const object = value as JsonObject
    if (isCounted) countProperties(Object.keys(object).length, schema, run)
    for (const key in object) {
      if (!Object.hasOwn(object, key)) continue
      const step = steps.get(key)
      if (step !== undefined) run.descend(step, object[key], checkOf(step.child))
      else if (additional !== undefined) run.descend(key, object[key], checkOf(additional))
      else if (additionalProperties === false) {
        run.fail(() => invalidValue(run.field, key, `${run.path}.${key} in body is a forbidden property`))
      }
    }
    for (const field of requiredFields) {
      if (!Object.hasOwn(object, field)) run.fail(() => required(run.fieldOf(`${run.path}.${field}`), ''))
    }
  }
}

function countProperties(count: number, { minProperties, maxProperties }: Schema, run: Run): void {
  if (minProperties !== undefined && count < minProperties) {
    run.fail(() =>
      invalidValue(run.field, count, `${run.path} in body should have at least ${minProperties} properties`),
    )
  }
  if (maxProperties !== undefined && count > maxProperties) run.fail(() => tooMany(run.field, count, maxProperties))
}
