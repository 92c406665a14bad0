import type { Call } from './ast.ts'
import { actualSize, CHARACTER_COST, PATTERN_CHARACTER_COST } from './cost.ts'
import type { FunctionDeclaration, Implementation, Overload } from './declarations.ts'
import { Frame, type Step } from './evaluation.ts'
import { equal } from './equality.ts'
import { type Plan, type Planner, stepOf } from './plan.ts'
import { ProgramError } from './program-error.ts'
import { type CelType, isDyn, parameterOf } from './types.ts'
import { CelError, Dictionary, List, Opaque, Optional, typeOf, type Value } from './values.ts'

/** Conversions of constants are done once. google/cel-go common/overloads/overloads.go */
const CONVERSIONS = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'dyn',
  'int',
  'string',
  'timestamp',
  'type',
  'uint',
])

const NO_FRAME = new Frame([], Infinity)

export function planCall(planner: Planner, expr: Call): Plan {
  const { resolved } = expr
  const declaration = resolved === undefined ? undefined : planner.environment.functions.get(resolved.name)
  if (resolved === undefined || declaration === undefined) throw new ProgramError(`unknown function: ${expr.name}`)
  const operands = resolved.member && expr.target !== undefined ? [expr.target, ...expr.args] : expr.args
  const plans = operands.map((operand) => planner.plan(operand))
  const overload = resolved.overloads.length === 1 ? (resolved.overloads[0] ?? '') : ''
  const run = withPattern(declaration, plans) ?? implementationOf(declaration, overload)
  const cost = costOf(declaration, overload)
  const step = callStep({ name: resolved.name, args: plans.map(stepOf), run, cost })
  const isConstant = CONVERSIONS.has(resolved.name) && plans.length === 1 && plans[0]?.kind === 'constant'
  if (!isConstant) return { kind: 'step', run: step }
  const value = step(NO_FRAME)
  if (value instanceof CelError) throw new ProgramError(value.message)
  return { kind: 'constant', value }
}

function withPattern({ withPattern: regex }: FunctionDeclaration, plans: readonly Plan[]): Implementation | undefined {
  const plan = regex === undefined ? undefined : plans[regex.index]
  if (plan?.kind !== 'constant' || typeof plan.value !== 'string') return undefined
  try {
    return regex?.compile(plan.value)
  } catch (failure) {
    throw new ProgramError(failure instanceof Error ? failure.message : String(failure))
  }
}

function implementationOf(declaration: FunctionDeclaration, overloadId: string): Implementation {
  const overload = declaration.overloads.find(({ id }) => id === overloadId)
  if (overload?.run !== undefined) {
    return declaration.unguarded === true ? overload.run : guarded(declaration.name, overload, overload.run)
  }
  if (declaration.run !== undefined) return declaration.run
  return (...args) => {
    const fit = declaration.overloads.find((candidate) => fits(candidate.args, args))
    return fit?.run === undefined ? noSuchOverload(declaration.name, args) : fit.run(...args)
  }
}

/** What the checker took on trust (`dyn`) is looked at before a call. */
function guarded(name: string, { args: types }: Overload, run: Implementation): Implementation {
  if (types.every(acceptsAll)) return run
  return (...args) => (fits(types, args) ? run(...args) : noSuchOverload(name, args))
}

function acceptsAll(type: CelType): boolean {
  return isDyn(type) || type.kind === 'typeParam'
}

function fits(types: readonly CelType[], args: readonly Value[]): boolean {
  return types.length === args.length && types.every((type, index) => accepts(type, args[index] ?? null))
}

/** Of a list or map, the first entry speaks for all. */
function accepts(type: CelType, value: Value): boolean {
  if (acceptsAll(type)) return true
  const actual = typeOf(value)
  if (actual.kind !== type.kind || actual.name !== type.name) return false
  if (value instanceof List) return value.size === 0 || accepts(parameterOf(type, 0), value.at(0))
  if (!(value instanceof Dictionary) || value.size === 0) return true
  const [key = null] = value.keys()
  return accepts(parameterOf(type, 0), key) && accepts(parameterOf(type, 1), value.find(key) ?? null)
}

function noSuchOverload(name: string, args: readonly Value[]): CelError {
  return new CelError(`no such overload: ${name}(${args.map((arg) => typeOf(arg).name).join(', ')})`)
}

interface PlannedCall {
  readonly name: string
  readonly args: readonly Step[]
  readonly run: Implementation
  readonly cost: (args: readonly Value[], result: Value) => number
}

function callStep(call: PlannedCall): Step {
  if (call.name === '_==_' || call.name === '_!=_') return equalityStep(call)
  if (call.name === '@not_strictly_false') return notStrictlyFalse(call)
  switch (call.args.length) {
    case 1:
      return unaryStep(call)
    case 2:
      return binaryStep(call)
    default:
      return variadicStep(call)
  }
}

function equalityStep({ name, args, cost }: PlannedCall): Step {
  const [left = absent, right = absent] = args
  const negated = name === '_!=_'
  return (frame) => {
    const a = left(frame)
    const b = right(frame)
    const failure = a instanceof CelError ? a : b instanceof CelError ? b : undefined
    const same = failure ?? equal(a, b)
    // As upstream: `!=` holds where two values cannot be compared.
    const result = failure ?? (negated ? same !== true : same)
    frame.spend(cost([a, b], result))
    return result
  }
}

/** Lets a loop go on after an error, as a later element may decide. */
function notStrictlyFalse({ args }: PlannedCall): Step {
  const [operand = absent] = args
  return (frame) => {
    const value = operand(frame)
    frame.spend(1)
    return typeof value === 'boolean' ? value : true
  }
}

function unaryStep({ args, run, cost }: PlannedCall): Step {
  const [operand = absent] = args
  return (frame) => {
    const value = operand(frame)
    const result = value instanceof CelError ? value : run(value)
    frame.spend(cost([value], result))
    return result
  }
}

function binaryStep({ args, run, cost }: PlannedCall): Step {
  const [left = absent, right = absent] = args
  return (frame) => {
    const a = left(frame)
    const b = right(frame)
    const result = a instanceof CelError ? a : b instanceof CelError ? b : run(a, b)
    frame.spend(cost([a, b], result))
    return result
  }
}

function variadicStep({ args, run, cost }: PlannedCall): Step {
  return (frame) => {
    const values: Value[] = []
    for (const arg of args) {
      const value = arg(frame)
      if (value instanceof CelError) return value
      values.push(value)
    }
    const result = run(...values)
    frame.spend(cost(values, result))
    return result
  }
}

function absent(): Value {
  throw new RangeError('a call lacks an argument')
}

const TRAVERSALS = new Set(['starts_with_string', 'ends_with_string', 'string_to_bytes', 'bytes_to_string'])
for (const id of ['strings_quote', 'string_format']) TRAVERSALS.add(id)

const CONTENT_COMPARISONS = new Set(['equals', 'not_equals'])
for (const operator of ['less', 'greater', 'less_equals', 'greater_equals']) {
  for (const type of ['string', 'bytes']) CONTENT_COMPARISONS.add(`${operator}_${type}`)
}

/** Who knows best comes first: the overload, the function, then the standard. */
function costOf(declaration: FunctionDeclaration, overloadId: string): PlannedCall['cost'] {
  const overload = declaration.overloads.find(({ id }) => id === overloadId)
  const standard = standardCost(declaration.name, overloadId)
  const known = overload?.cost ?? declaration.cost
  if (known === undefined) return standard
  return (args, result) =>
    overload?.cost?.(args, result, overloadId) ?? declaration.cost?.(args, result, overloadId) ?? standard(args, result)
}

function standardCost(name: string, overload: string): PlannedCall['cost'] {
  if (name === '_==_') return (args) => (args[0] instanceof Opaque ? 1 : contentComparison(args))
  if (name === '_!=_' || CONTENT_COMPARISONS.has(overload)) return contentComparison
  if (TRAVERSALS.has(overload)) return ([text]) => traversal(size(text))
  switch (overload) {
    case 'in_list':
      return ([, list]) => size(list)
    case 'add_string':
    case 'add_bytes':
      return ([left, right]) => traversal(size(left) + size(right))
    case 'matches_string':
      return ([text, pattern]) => traversal(1 + size(text)) * Math.ceil(size(pattern) * PATTERN_CHARACTER_COST)
    case 'contains_string':
      return ([text, part]) => traversal(size(text)) * traversal(size(part))
    default:
      return () => 1
  }
}

function contentComparison([left, right]: readonly Value[]): number {
  return traversal(Math.min(size(left), size(right)))
}

function traversal(characters: number): number {
  return Math.ceil(characters * CHARACTER_COST)
}

function size(value: Value | undefined): number {
  if (value instanceof Optional && value.value !== undefined) return size(value.value)
  return actualSize(value ?? null)
}
