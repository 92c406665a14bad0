import { type Call, childrenOf, type Comprehension, type Expr, type ListLiteral, type MapLiteral } from './ast.ts'
import { type Attribute, qualify, type Qualifier, resolver } from './attributes.ts'
import { planCall } from './calls.ts'
import { LIST_COST, MAP_COST } from './cost.ts'
import type { Environment } from './declarations.ts'
import { Frame, type Step } from './evaluation.ts'
import { equal } from './equality.ts'
import { planFold } from './folds.ts'
import { type Plan, type Planner, stepOf } from './plan.ts'
import { ProgramError } from './program-error.ts'
import {
  CelError,
  dictionaryOf,
  errorOr,
  List,
  listOf,
  NO_SUCH_OVERLOAD,
  Optional,
  printValue,
  identityOf,
  Uint,
  type Value,
} from './values.ts'

export interface PlannedProgram {
  readonly run: Step
  /** The variables of the environment that it reads; the first slots of a frame. */
  readonly variables: readonly string[]
  readonly slotCount: number
}

/** Turns a checked tree into closures. What costs, and what does not, follows google/cel-go interpreter/runtimecost.go. */
export function planProgram(expr: Expr, environment: Environment): PlannedProgram {
  const planner = new TreePlanner(environment, freeVariables(expr, environment))
  const run = stepOf(planner.plan(expr))
  return { run, variables: planner.variables, slotCount: planner.slotCount }
}

function freeVariables(expr: Expr, environment: Environment): readonly string[] {
  const names = new Set<string>()
  const visit = (node: Expr): void => {
    if ((node.kind === 'ident' || node.kind === 'select') && node.resolved !== undefined) {
      if (environment.variables.has(node.resolved)) names.add(node.resolved)
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(expr)
  return [...names]
}

class TreePlanner implements Planner {
  readonly environment: Environment
  readonly variables: readonly string[]
  slotCount: number
  /** Where loops keep their variables; the innermost is last. */
  readonly #locals: { readonly name: string; readonly read: Step }[] = []

  constructor(environment: Environment, variables: readonly string[]) {
    this.environment = environment
    this.variables = variables
    this.slotCount = variables.length
  }

  plan(expr: Expr): Plan {
    switch (expr.kind) {
      case 'literal':
        return { kind: 'constant', value: expr.value }
      case 'ident':
        return this.#name(expr.name, expr.resolved)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        throw new ProgramError(`unknown type: ${expr.typeName}`)
      case 'comprehension':
        return { kind: 'step', run: this.#fold(expr) }
    }
  }

  step(expr: Expr): Step {
    return stepOf(this.plan(expr))
  }

  allocate(): number {
    return this.slotCount++
  }

  withLocals<T>(locals: readonly { readonly name: string; readonly read: Step }[], body: () => T): T {
    const mark = this.#locals.length
    this.#locals.push(...locals)
    const result = body()
    this.#locals.length = mark
    return result
  }

  #name(name: string, resolved: string | undefined): Plan {
    const local = this.#locals.findLast((candidate) => candidate.name === name)
    if (local !== undefined) return attributeOf(local.read)
    return this.#global(resolved ?? name)
  }

  #global(name: string): Plan {
    const slot = this.variables.indexOf(name)
    if (slot >= 0) {
      const missing = new CelError(`no such attribute(s): ${name}`)
      return attributeOf((frame) => frame.slots[slot] ?? (frame.slots[slot] === null ? null : missing))
    }
    const type = this.environment.types.get(name)
    if (type === undefined) throw new ProgramError(`reference to undefined type: ${name}`)
    return { kind: 'constant', value: type }
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Plan {
    if (expr.resolved !== undefined) return this.#global(expr.resolved)
    const operand = this.plan(expr.operand)
    return extend(operand, { key: expr.field, optional: false, testOnly: expr.testOnly })
  }

  #call(expr: Call): Plan {
    const { resolved, args } = expr
    const [first, second, third] = args
    switch (resolved?.name) {
      case '_&&_':
        return { kind: 'step', run: logic(this.#both(first, second), false) }
      case '_||_':
        return { kind: 'step', run: logic(this.#both(first, second), true) }
      case '_?_:_':
        return this.#conditional(given(first), given(second), given(third))
      case '_[_]':
      case '_[?_]':
      case '_?._':
        return this.#index(this.plan(given(first)), this.plan(given(second)), resolved.name !== '_[_]')
      case '@in':
        return this.#membership(expr)
      case 'or':
      case 'orValue':
        return this.#optionalOr(expr)
      default:
        return planCall(this, expr)
    }
  }

  #both(left: Expr | undefined, right: Expr | undefined): readonly [Step, Step] {
    return [this.step(given(left)), this.step(given(right))]
  }

  #conditional(condition: Expr, whenTrue: Expr, whenFalse: Expr): Plan {
    const attribute: Attribute = {
      kind: 'conditional',
      condition: this.step(condition),
      whenTrue: branchOf(this.plan(whenTrue)),
      whenFalse: branchOf(this.plan(whenFalse)),
    }
    return { kind: 'attribute', attribute, isTest: false }
  }

  #index(operand: Plan, index: Plan, optional: boolean): Plan {
    // The attribute within the brackets costs nothing itself, as the look-up is what costs.
    const key = index.kind === 'constant' ? index.value : index.kind === 'step' ? index.run : resolver(index.attribute)
    return extend(operand, { key, optional, testOnly: false })
  }

  /** `x in [1, 2, 3]` with constants is a look-up free of charge. */
  #membership(expr: Call): Plan {
    const [element, container] = expr.args
    const rhs = this.plan(given(container))
    if (expr.resolved?.overloads.join() !== 'in_list' || rhs.kind !== 'constant' || !(rhs.value instanceof List)) {
      return planCall(this, expr)
    }
    const values = rhs.value.toArray()
    if (values.length === 0) return { kind: 'constant', value: false }
    if (!values.every(isSimple)) return planCall(this, expr)
    const identities = new Set(values.map(identityOf))
    const lhs = this.step(given(element))
    return {
      kind: 'step',
      run: (frame) => {
        const value = lhs(frame)
        return value instanceof CelError ? value : identities.has(identityOf(value))
      },
    }
  }

  /** The right side is looked at only when the left is empty. */
  #optionalOr(expr: Call): Plan {
    const left = this.step(given(expr.target))
    const right = this.step(given(expr.args[0]))
    const unwrap = expr.resolved?.name === 'orValue'
    return {
      kind: 'step',
      run: (frame) => {
        const value = left(frame)
        if (value instanceof CelError) return value
        if (!(value instanceof Optional)) return NO_SUCH_OVERLOAD
        if (value.value === undefined) return right(frame)
        return unwrap ? value.value : value
      },
    }
  }

  #list({ elements }: ListLiteral): Plan {
    const plans = elements.map(({ value }) => this.plan(value))
    const optional = elements.map((element) => element.optional)
    const steps = plans.map(stepOf)
    const build = (frame: Frame): Value => buildList(frame, steps, optional)
    if (plans.every((plan) => plan.kind === 'constant')) return constantOf(build)
    return { kind: 'step', run: spending(build, LIST_COST) }
  }

  #map({ entries }: MapLiteral): Plan {
    const plans = entries.map(({ key, value }) => [this.plan(key), this.plan(value)] as const)
    const optional = entries.map((entry) => entry.optional)
    const steps = plans.map(([key, value]) => [stepOf(key), stepOf(value)] as const)
    const build = (frame: Frame): Value => buildMap(frame, steps, optional)
    if (plans.flat().every((plan) => plan.kind === 'constant')) return constantOf(build)
    return { kind: 'step', run: spending(build, MAP_COST) }
  }

  #fold(expr: Comprehension): Step {
    return planFold(this, expr)
  }
}

const NO_FRAME = new Frame([], Infinity)

function constantOf(build: Step): Plan {
  return { kind: 'constant', value: build(NO_FRAME) }
}

function spending(build: Step, cost: number): Step {
  return (frame) => {
    const value = build(frame)
    frame.spend(cost)
    return value
  }
}

function attributeOf(base: Step): Plan {
  return { kind: 'attribute', attribute: { kind: 'value', base, path: [] }, isTest: false }
}

function extend(operand: Plan, qualifier: Qualifier): Plan {
  const attribute: Attribute =
    operand.kind === 'attribute' ? operand.attribute : { kind: 'value', base: stepOf(operand), path: [] }
  qualify(attribute, qualifier)
  return { kind: 'attribute', attribute, isTest: qualifier.testOnly }
}

/** A branch of a conditional is resolved without the cost of an attribute of its own. */
function branchOf(plan: Plan): Attribute {
  return plan.kind === 'attribute' ? plan.attribute : { kind: 'value', base: stepOf(plan), path: [] }
}

/** `&&` (stops at false) and `||` (stops at true): an error counts only if no later term decides. */
function logic(terms: readonly [Step, Step], decisive: boolean): Step {
  const [left, right] = terms
  return (frame) => {
    const first = left(frame)
    if (first === decisive) return decisive
    const second = right(frame)
    if (second === decisive) return decisive
    if (first !== !decisive) return errorOr(first)
    return second === !decisive ? second : errorOr(second)
  }
}

function buildList(frame: Frame, steps: readonly Step[], optional: readonly boolean[]): Value {
  const values: Value[] = []
  for (const [index, step] of steps.entries()) {
    const value = step(frame)
    if (value instanceof CelError) return value
    if (optional[index] !== true) {
      values.push(value)
      continue
    }
    if (!(value instanceof Optional)) {
      return new CelError(`cannot initialize optional list element from non-optional value ${printValue(value)}`)
    }
    if (value.value !== undefined) values.push(value.value)
  }
  return listOf(values)
}

function buildMap(frame: Frame, steps: readonly (readonly [Step, Step])[], optional: readonly boolean[]): Value {
  const entries: [Value, Value][] = []
  for (const [index, [keyStep, valueStep]] of steps.entries()) {
    const key = keyStep(frame)
    if (key instanceof CelError) return key
    const value = valueStep(frame)
    if (value instanceof CelError) return value
    if (optional[index] !== true) {
      entries.push([key, value])
      continue
    }
    if (!(value instanceof Optional)) {
      const message = `cannot initialize optional entry '${printValue(key)}' from non-optional value ${printValue(value)}`
      return new CelError(message)
    }
    if (value.value === undefined) drop(entries, key)
    else entries.push([key, value.value])
  }
  return dictionaryOf(entries)
}

function drop(entries: [Value, Value][], key: Value): void {
  const at = entries.findIndex(([known]) => equal(known, key) === true)
  if (at >= 0) entries.splice(at, 1)
}

function isSimple(value: Value): boolean {
  return (typeof value !== 'object' && typeof value !== 'undefined') || value instanceof Uint
}

function given(expr: Expr | undefined): Expr {
  if (expr === undefined) throw new RangeError('an operator lacks an operand')
  return expr
}
