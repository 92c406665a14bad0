import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, required } from '../../errors.ts'
import { CALL_COST_MAX, MESSAGE_SIZE_MAX_BYTES } from '../../cel/kubernetes.ts'
import { type Bindings, CelError, CostExceeded, type Program } from '../../cel/program.ts'
import { NONE, Optional, type Value } from '../../cel/values.ts'
import type { Correlation } from '../correlation.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { MapList } from '../map-list.ts'
import type { Schema } from '../schema.ts'
import { childPath, indexPath, keyPath } from '../traverse.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { dataValue } from './data-values.ts'
import { withTypeAndObjectMeta } from './declare.ts'
import { type RuleNode } from './rule-tree.ts'

export interface RuleRun {
  /** What all rules of one object may cost together. */
  readonly budget: number
  /** What one rule may cost. */
  readonly callCostMax?: number
  /** Set on updates: what was broken before and did not change is warned of only. */
  readonly correlation?: Correlation
  /** Gets errors that are excused, as `field: message`. */
  warn?(text: string): void
  /** Gets what went wrong with the expression of a message. */
  log?(text: string): void
}

export interface RuleOutcome {
  readonly causes: readonly Cause[]
  /** Negative when it ran out. */
  readonly remaining: number
}

/** Runs all rules of a schema on a value. After k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/validation.go. */
export function runRules(
  node: RuleNode,
  path: string,
  values: { value: unknown; old?: unknown },
  run: RuleRun,
): RuleOutcome {
  const runner = new RuleRunner(run)
  runner.visit(node, path, values.value, values.old, { current: run.correlation, nearest: undefined })
  return { causes: runner.causes, remaining: runner.remaining }
}

/** Where a value stands relative to its past. */
interface Ratchet {
  readonly current: Correlation | undefined
  /** The closest ancestor that has a past, where the value itself has none. */
  readonly nearest: Correlation | undefined
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run'

class RuleRunner {
  readonly causes: Cause[] = []
  remaining: number
  readonly #run: RuleRun
  readonly #callCostMax: number

  constructor(run: RuleRun) {
    this.#run = run
    this.remaining = run.budget
    this.#callCostMax = run.callCostMax ?? CALL_COST_MAX
  }

  visit(node: RuleNode, path: string, value: unknown, old: unknown, ratchet: Ratchet): void {
    if (value === null || value === undefined || this.remaining < 0) return
    this.#runNode(node, path, value, old, ratchet)
    for (const part of node.allOf) {
      if (this.remaining < 0) return
      // As with other constraints within allOf, what is broken there is never excused by itself.
      this.visit(part, path, value, old, { current: undefined, nearest: ratchet.nearest })
    }
    if (this.remaining < 0) return
    if (Array.isArray(value)) this.#visitList(node, path, value, old, ratchet)
    else if (isJsonObject(value)) this.#visitObject(node, path, value, old, ratchet)
  }

  #visitList(node: RuleNode, path: string, value: readonly unknown[], old: unknown, ratchet: Ratchet): void {
    const { items } = node
    if (items === undefined) return
    const before = new MapList(node.schema, Array.isArray(old) ? old : [])
    for (const [index, item] of value.entries()) {
      const child = descend(ratchet, (correlation) => correlation.index(index))
      this.visit(items, indexPath(path, index), item, before.counterpart(item), child)
      if (this.remaining < 0) return
    }
  }

  #visitObject(node: RuleNode, path: string, value: JsonObject, old: unknown, ratchet: Ratchet): void {
    const before = isJsonObject(old) ? old : {}
    for (const [key, inner] of Object.entries(value)) {
      const child = (): Ratchet => keyRatchet(ratchet, key)
      if (node.additional !== undefined) this.visit(node.additional, keyPath(path, key), inner, before[key], child())
      const property = node.properties.get(key)
      if (property !== undefined) this.visit(property, childPath(path, key), inner, before[key], child())
      if (this.remaining < 0) return
    }
  }

  #runNode(node: RuleNode, path: string, value: unknown, old: unknown, ratchet: Ratchet): void {
    const rules = node.compiled()
    if (rules.length === 0) return
    if (this.remaining <= 0) {
      this.#stop(wrongType(path, node.schema, OUT_OF_BUDGET))
      return
    }
    const schema = node.isRoot ? withTypeAndObjectMeta(node.schema) : node.schema
    const self = dataValue(value, schema)
    const isNew = old === null || old === undefined
    const oldSelf = isNew ? undefined : dataValue(old, schema)
    for (const rule of rules) {
      const { optionalOldSelf = false } = rule.rule
      // A rule about a change has nothing to say where nothing was before, unless it asks for that.
      if (rule.usesOldSelf && isNew && !optionalOldSelf) continue
      const wrapped = optionalOldSelf ? (oldSelf === undefined ? NONE : new Optional(oldSelf)) : oldSelf
      this.#runRule(rule, { path, value, schema, ratchet, bindings: { self, oldSelf: wrapped } })
      if (this.remaining < 0) return
    }
  }

  #runRule(rule: CompiledRule, at: RuleSite): void {
    if (rule.error !== undefined) {
      this.causes.push(wrongType(at.path, at.schema, `rule compile error: ${rule.error}`))
      return
    }
    if (rule.program === undefined) return
    const outcome = evaluate(rule.program, at.bindings, this.#callCostMax)
    if (outcome.cost > this.remaining) {
      this.#stop(wrongType(at.path, at.schema, OUT_OF_BUDGET))
      return
    }
    this.remaining -= outcome.cost
    if (outcome.failure !== undefined) this.#failed(rule, at, outcome)
    else if (outcome.value !== true) this.#broken(rule, at)
  }

  #failed(rule: CompiledRule, at: RuleSite, { failure = '', exceeded }: Outcome): void {
    const name = ruleName(rule)
    if (exceeded) {
      const why = `'${failure}': no further validation rules will be run due to call cost exceeds limit for rule: ${name}`
      this.#stop(wrongType(at.path, at.schema, why))
      return
    }
    const why = failure.startsWith('no such overload')
      ? `'${failure}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
      : `${failure} evaluating rule: ${name}`
    this.causes.push(wrongType(at.path, at.schema, why))
  }

  #broken(rule: CompiledRule, at: RuleSite): void {
    const path = rule.fieldPath === undefined ? at.path : childPath(at.path, rule.fieldPath)
    const report = (cause: Cause): void => {
      const excuse = at.ratchet.current ?? at.ratchet.nearest
      if (!rule.usesOldSelf && excuse?.isEqual() === true) this.#run.warn?.(`${cause.field}: ${cause.message}`)
      else this.causes.push(cause)
    }
    const message = rule.message === undefined ? undefined : this.#message(rule, rule.message, at.bindings)
    if (message !== undefined && 'fatal' in message) {
      report(wrongType(path, at.schema, message.fatal))
      this.remaining = -1
      return
    }
    const detail = message?.text ?? rule.rule.message?.trim() ?? ''
    report(brokenCause(rule, path, at, detail === '' ? `failed rule: ${ruleName(rule)}` : detail))
  }

  /** What an expression makes of the value; undefined when that is no message, which is logged. */
  #message(rule: CompiledRule, program: Program, bindings: Bindings): { text: string } | { fatal: string } | undefined {
    const outcome = evaluate(program, bindings, this.#callCostMax)
    if (outcome.cost > this.remaining) {
      return {
        fatal:
          'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      }
    }
    if (outcome.exceeded) {
      const source = JSON.stringify(rule.rule.messageExpression ?? '')
      return {
        fatal: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${source}`,
      }
    }
    this.remaining -= outcome.cost
    const problem = messageProblem(outcome)
    if (problem === undefined && typeof outcome.value === 'string') return { text: outcome.value.trim() }
    this.#run.log?.(problem ?? '')
    return undefined
  }

  #stop(cause: Cause): void {
    this.causes.push(cause)
    this.remaining = -1
  }
}

interface RuleSite {
  readonly path: string
  readonly value: unknown
  readonly schema: Schema
  readonly ratchet: Ratchet
  readonly bindings: Bindings
}

interface Outcome {
  readonly value?: Value
  readonly cost: number
  readonly failure?: string
  readonly exceeded: boolean
}

function evaluate(program: Program, bindings: Bindings, costMax: number): Outcome {
  try {
    const { value, cost } = program.evaluate(bindings, { costMax })
    return value instanceof CelError
      ? { cost, failure: value.message, exceeded: false }
      : { value, cost, exceeded: false }
  } catch (failure) {
    if (!(failure instanceof CostExceeded)) throw failure
    return { cost: failure.cost, failure: failure.message, exceeded: true }
  }
}

function messageProblem({ value, failure }: Outcome): string | undefined {
  if (failure !== undefined) return `messageExpression evaluation failed due to: ${failure}`
  if (typeof value !== 'string') return 'messageExpression failed to convert to string'
  const text = value.trim()
  if (Buffer.byteLength(text) > MESSAGE_SIZE_MAX_BYTES) {
    return `messageExpression beyond allowable length of ${MESSAGE_SIZE_MAX_BYTES}`
  }
  if (text.includes('\n')) return 'messageExpression should not contain line breaks'
  return text === '' ? 'messageExpression should evaluate to a non-empty string' : undefined
}

function descend(ratchet: Ratchet, step: (correlation: Correlation) => Correlation | undefined): Ratchet {
  const { current } = ratchet
  return current === undefined ? ratchet : { current: step(current), nearest: current }
}

/** The version and kind of a whole object are converted before they are compared, so that they never count as unchanged. */
function keyRatchet(ratchet: Ratchet, key: string): Ratchet {
  const isRoot = ratchet.current !== undefined && ratchet.nearest === undefined
  if (isRoot && (key === 'apiVersion' || key === 'kind')) return { current: undefined, nearest: undefined }
  return descend(ratchet, (correlation) => correlation.key(key))
}

function ruleName({ rule }: CompiledRule): string {
  return rule.message !== undefined && rule.message !== '' ? rule.message.trim() : rule.rule.trim()
}

/** The path of a whole object prints as Go prints none. */
export function printPath(path: string): string {
  return path === '' ? '<nil>' : path
}

/** An error that shows the type of the value instead of the value. */
function wrongType(path: string, schema: Schema, detail: string): Cause {
  return invalidValue(printPath(path), schema.type ?? '', detail)
}

function brokenCause({ rule }: CompiledRule, path: string, { schema, value }: RuleSite, detail: string): Cause {
  const field = printPath(path)
  const isCompound = schema.type === 'object' || schema.type === 'array'
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail)
    case 'FieldValueRequired':
      return required(field, detail)
    case 'FieldValueDuplicate':
      return isCompound ? { reason: 'FieldValueDuplicate', message: 'Duplicate value', field } : duplicate(field, value)
    default:
      return isCompound
        ? { reason: 'FieldValueInvalid', message: `Invalid value: ${detail}`, field }
        : invalidValue(field, value, detail)
  }
}
