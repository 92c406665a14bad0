import { SELECT_COST } from './cost.ts'
import type { Frame, Step } from './evaluation.ts'
import { CelError, Dictionary, errorOr, List, NONE, Optional, printValue, typeOf, Uint, type Value } from './values.ts'

/**
 * A variable or an intermediate value, and a path of selections and indexes into it. A path is walked as a whole, because it
 * turns optional as a whole; and a conditional is a path too, which goes on behind either branch.
 */
export type Attribute =
  | { readonly kind: 'value'; readonly base: Step; readonly path: Qualifier[] }
  | {
      readonly kind: 'conditional'
      readonly condition: Step
      readonly whenTrue: Attribute
      readonly whenFalse: Attribute
    }

export interface Qualifier {
  /** A constant, or what computes the key. */
  readonly key: Value | Step
  /** `.?key`, `[?key]` */
  readonly optional: boolean
  /** `has(… .key)` */
  readonly testOnly: boolean
}

export function qualify(attribute: Attribute, qualifier: Qualifier): void {
  if (attribute.kind === 'value') {
    attribute.path.push(qualifier)
    return
  }
  qualify(attribute.whenTrue, qualifier)
  qualify(attribute.whenFalse, qualifier)
}

/** Computes the value without the cost of the attribute itself: what is selected from it costs. */
export function resolver(attribute: Attribute): Step {
  if (attribute.kind === 'conditional') return conditionalResolver(attribute)
  const { base, path } = attribute
  if (path.length === 0) return base
  const fields = plainFields(path)
  if (fields !== undefined) return plainResolver(base, fields)
  return (frame) => walk(frame, base(frame), path)
}

function conditionalResolver(attribute: Extract<Attribute, { kind: 'conditional' }>): Step {
  const { condition } = attribute
  const whenTrue = resolver(attribute.whenTrue)
  const whenFalse = resolver(attribute.whenFalse)
  return (frame) => {
    const decision = condition(frame)
    if (decision === true) return whenTrue(frame)
    return decision === false ? whenFalse(frame) : errorOr(decision)
  }
}

/** The names on a path that is nothing but plain selections. */
function plainFields(path: readonly Qualifier[]): readonly string[] | undefined {
  const fields: string[] = []
  for (const { key, optional, testOnly } of path) {
    if (optional || testOnly || typeof key !== 'string') return undefined
    fields.push(key)
  }
  return fields
}

/** `self.spec.replicas`: by far the most common path. */
function plainResolver(base: Step, fields: readonly string[]): Step {
  const path: readonly Qualifier[] = fields.map((key) => ({ key, optional: false, testOnly: false }))
  return (frame) => {
    const start = base(frame)
    if (start instanceof Optional) return walk(frame, start, path)
    let value: Value = start
    for (const field of fields) {
      if (value instanceof CelError) return value
      frame.spend(SELECT_COST)
      const found: Value | undefined = value instanceof Dictionary ? value.find(field) : undefined
      if (found === undefined) return new CelError(`no such key: ${field}`)
      value = found
    }
    return value
  }
}

function walk(frame: Frame, start: Value, path: readonly Qualifier[]): Value {
  let optional = start instanceof Optional
  if (start instanceof Optional && start.value === undefined) return start
  let value: Value = start
  if (start instanceof Optional) value = start.value ?? null
  for (const qualifier of path) {
    if (value instanceof CelError) return value
    optional ||= qualifier.optional
    const key: Value = typeof qualifier.key === 'function' ? qualifier.key(frame) : qualifier.key
    if (key instanceof CelError) return key
    const found = lookUp(value, key, optional || qualifier.testOnly)
    if (found !== undefined || !optional) frame.spend(SELECT_COST)
    if (found instanceof CelError) return found
    if (qualifier.testOnly && !optional) value = found !== undefined
    else if (found === undefined) return NONE
    else value = qualifier.testOnly ? null : found
  }
  return optional ? new Optional(value) : value
}

/** Undefined only where `tolerant` allows something to be absent. */
function lookUp(container: Value, key: Value, tolerant: boolean): Value | undefined {
  if (container instanceof Dictionary) {
    const found = container.find(key)
    return found !== undefined || tolerant ? found : new CelError(`no such key: ${printValue(key)}`)
  }
  if (container instanceof List) {
    const index = indexOf(key)
    if (index instanceof CelError) return index
    if (index >= 0 && index < container.size) return container.at(index)
    return tolerant ? undefined : new CelError(`index out of bounds: ${printValue(key)}`)
  }
  return tolerant ? undefined : new CelError(`no such key: ${printValue(key)}`)
}

/** A number that JavaScript counts with; large ones are out of bounds of every list anyhow. */
export function indexOf(key: Value): number | CelError {
  if (typeof key === 'bigint') return Number(key)
  if (key instanceof Uint) return Number(key.value)
  if (typeof key === 'number') {
    return Number.isInteger(key) ? key : new CelError(`unsupported index value ${key} in list`)
  }
  return new CelError(`unsupported index type '${typeOf(key).name}' in list`)
}
