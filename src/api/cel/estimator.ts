import type { Call, Comprehension, Expr, ListLiteral, MapLiteral } from './ast.ts'
import {
  CHARACTER_COST,
  type EstimatedCall,
  type EstimatedCost,
  type EstimatedNode,
  fixed,
  LIST_COST,
  MAP_COST,
  ONE,
  PATTERN_CHARACTER_COST,
  product,
  type Range,
  scaled,
  SELECT_COST,
  type SizeLookup,
  STRUCT_COST,
  sum,
  UNBOUNDED,
  union,
  UNKNOWN_SIZE,
  ZERO,
} from './cost.ts'
import type { Environment } from './declarations.ts'
import { type CelType, DYN, isOptional, parameterOf } from './types.ts'
import { characterCount } from './values.ts'

/** What a checked expression costs at least and at most, given how large the data can be. After google/cel-go checker/cost.go. */
export function estimateCost(expr: Expr, environment: Environment, sizes: SizeLookup): Range {
  return new Estimator(environment, sizes).cost(expr)
}

/** Sizes of what a list or map holds. */
interface EntrySizes {
  readonly container: 'list' | 'map'
  readonly key: Range
  readonly value: Range
}

interface Local {
  readonly path: readonly string[]
  readonly size: Range | undefined
  readonly entries: EntrySizes | undefined
}

class Estimator {
  readonly #environment: Environment
  readonly #lookup: SizeLookup
  readonly #paths = new Map<Expr, readonly string[]>()
  readonly #sizes = new Map<Expr, Range>()
  readonly #entries = new Map<Expr, EntrySizes>()
  readonly #locals = new Map<string, Local[]>()

  constructor(environment: Environment, lookup: SizeLookup) {
    this.#environment = environment
    this.#lookup = lookup
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return ZERO
      case 'ident':
        this.#paths.set(expr, this.#local(expr.name)?.path ?? [expr.name])
        return fixed(SELECT_COST)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return sum(...expr.fields.map(({ value }) => this.cost(value)), fixed(STRUCT_COST))
      case 'comprehension':
        return isBinding(expr) ? this.#binding(expr) : this.#comprehension(expr)
    }
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Range {
    if (expr.resolved !== undefined) {
      this.#paths.set(expr, [expr.resolved])
      return fixed(SELECT_COST)
    }
    const operand = this.cost(expr.operand)
    // Kubernetes keeps `has` free of charge.
    if (expr.testOnly) return operand
    this.#paths.set(expr, [...this.#pathOf(expr.operand), expr.field])
    const { kind } = typeOf(expr.operand)
    return kind === 'map' || kind === 'struct' || kind === 'typeParam' ? sum(operand, fixed(SELECT_COST)) : operand
  }

  #call(expr: Call): Range {
    if (expr.resolved?.name === 'dyn') return this.#dyn(expr)
    const argCosts = expr.args.map((arg) => this.cost(arg))
    const args = expr.args.map((arg) => this.#node(arg))
    const { resolved } = expr
    if (resolved === undefined) return ZERO
    const hasTarget = resolved.member && expr.target !== undefined
    const targetCost = hasTarget && expr.target !== undefined ? this.cost(expr.target) : ZERO
    const target = hasTarget && expr.target !== undefined ? this.#node(expr.target) : undefined
    let worst: Range = { min: UNBOUNDED, max: 0 }
    let size: Range | undefined
    for (const overload of resolved.overloads) {
      const estimate = this.#overload(expr, { overload, target, args, sizeOf: this.#sizeOrUnknown }, argCosts)
      worst = union(worst, estimate.cost)
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : union(size, estimate.size)
      const [container] = expr.args
      const step = INDEX_STEPS[overload]
      if (step !== undefined && container !== undefined) {
        size = this.#entriesOf(container)?.value
        this.#paths.set(expr, [...this.#pathOf(container), step])
      }
      size ??= this.#sizeOf(expr)
    }
    if (size !== undefined) this.#sizes.set(expr, size)
    return sum(targetCost, worst)
  }

  /** `dyn` only hides a type. */
  #dyn(expr: Call): Range {
    const [arg] = expr.args
    if (arg === undefined) return ONE
    const cost = sum(ONE, this.cost(arg))
    this.#copySizes(expr, arg)
    return cost
  }

  #overload(expr: Call, call: EstimatedCall, argCosts: readonly Range[]): EstimatedCost {
    const declaration = this.#environment.functions.get(expr.resolved?.name ?? '')
    const overload = declaration?.overloads.find(({ id }) => id === call.overload)
    const declared = overload?.estimate?.(call) ?? declaration?.estimate?.(call)
    if (declared !== undefined) return { ...declared, cost: sum(declared.cost, ...argCosts) }
    const [first = ZERO, second = ZERO, third = ZERO] = argCosts
    switch (call.overload) {
      case 'logical_or':
      case 'logical_and':
        // The right side may never be looked at.
        return { cost: { min: first.min, max: sum(first, second).max } }
      case 'conditional':
        return { cost: sum(first, union(second, third)), size: this.#conditionalSize(expr) }
      case 'add_string':
      case 'add_bytes':
      case 'add_list':
        return this.#concatenation(expr, call, argCosts)
      default:
        return standardEstimate(call, argCosts)
    }
  }

  #conditionalSize(expr: Call): Range {
    const [, whenTrue, whenFalse] = expr.args
    if (whenTrue === undefined || whenFalse === undefined) return UNKNOWN_SIZE
    this.#joinEntries(expr, whenTrue, whenFalse)
    return union(this.#sizeOf(whenTrue) ?? UNKNOWN_SIZE, this.#sizeOf(whenFalse) ?? UNKNOWN_SIZE)
  }

  #concatenation(expr: Call, call: EstimatedCall, argCosts: readonly Range[]): EstimatedCost {
    const [left, right] = expr.args
    if (left !== undefined && right !== undefined) this.#joinEntries(expr, left, right)
    const size = sum(...call.args.map((arg) => call.sizeOf(arg)))
    const cost = call.overload === 'add_list' ? ONE : scaled(size, CHARACTER_COST)
    return { cost: sum(cost, ...argCosts), size }
  }

  #joinEntries(expr: Expr, left: Expr, right: Expr): void {
    const a = this.#entriesOf(left)
    const b = this.#entriesOf(right)
    if (a === undefined || b === undefined) return
    const joined = { container: a.container, key: union(a.key, b.key), value: union(a.value, b.value) }
    this.#entries.set(expr, joined)
  }

  #list(expr: ListLiteral): Range {
    const costs = expr.elements.map(({ value }) => this.cost(value))
    const value = unionOf(expr.elements.map((element) => this.#sizeOf(element.value) ?? UNKNOWN_SIZE))
    this.#entries.set(expr, { container: 'list', key: ONE, value })
    return sum(...costs, fixed(LIST_COST))
  }

  #map(expr: MapLiteral): Range {
    const costs = expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)])
    const key = unionOf(expr.entries.map((entry) => this.#sizeOf(entry.key) ?? UNKNOWN_SIZE))
    const value = unionOf(expr.entries.map((entry) => this.#sizeOf(entry.value) ?? UNKNOWN_SIZE))
    this.#entries.set(expr, { container: 'map', key, value })
    return sum(...costs, fixed(MAP_COST))
  }

  #comprehension(expr: Comprehension): Range {
    const range = this.cost(expr.range)
    const init = this.cost(expr.accuInit)
    this.#push(expr.accuVar, this.#localOf(expr.accuInit))
    this.#pushLoopVariables(expr)
    const condition = this.cost(expr.condition)
    const step = this.cost(expr.step)
    this.#pop(expr.iterVar)
    if (expr.iterVar2 !== undefined) this.#pop(expr.iterVar2)
    const result = this.cost(expr.result)
    this.#pop(expr.accuVar)
    const count = this.#sizeOf(expr.range) ?? UNKNOWN_SIZE
    this.#setLoopSizes(expr, count)
    return sum(range, init, result, product(count, sum(step, condition)))
  }

  #setLoopSizes(expr: Comprehension, count: Range): void {
    const { kind } = expr.accuInit
    if (kind === 'literal') {
      const size = this.#sizeOf(expr.accuInit)
      if (size !== undefined) this.#sizes.set(expr, size)
    }
    if (kind !== 'list' && kind !== 'map') return
    this.#sizes.set(expr, count)
    const entries = this.#entriesOf(expr.step)
    if (entries !== undefined) this.#entries.set(expr, entries)
  }

  #pushLoopVariables(expr: Comprehension): void {
    const entries = this.#entriesOf(expr.range)
    const isList = (entries?.container ?? typeOf(expr.range).kind) === 'list'
    const path = this.#pathOf(expr.range)
    const local = (step: string, size: Range | undefined): Local => ({
      path: [...path, step],
      size,
      entries: undefined,
    })
    const key = local(isList ? '@indices' : '@keys', entries?.key)
    const value = local(isList ? '@items' : '@values', entries?.value)
    if (expr.iterVar2 === undefined) {
      this.#push(expr.iterVar, isList ? value : key)
      return
    }
    this.#push(expr.iterVar, key)
    this.#push(expr.iterVar2, value)
  }

  /** A loop over nothing, which macros use to name a value. */
  #binding(expr: Comprehension): Range {
    const costs = sum(this.cost(expr.range), this.cost(expr.accuInit))
    this.#push(expr.accuVar, this.#localOf(expr.accuInit))
    const result = this.cost(expr.result)
    this.#pop(expr.accuVar)
    this.#copySizes(expr, expr.result)
    return sum(costs, result)
  }

  #localOf(expr: Expr): Local {
    return { path: this.#pathOf(expr), size: this.#sizeOf(expr), entries: this.#entriesOf(expr) }
  }

  #push(name: string, local: Local): void {
    const stack = this.#locals.get(name)
    if (stack === undefined) this.#locals.set(name, [local])
    else stack.push(local)
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop()
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1)
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#sizeOf(from)
    const entries = this.#entriesOf(from)
    if (size !== undefined) this.#sizes.set(to, size)
    if (entries !== undefined) this.#entries.set(to, entries)
  }

  #pathOf(expr: Expr): readonly string[] {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined
    return local?.path ?? this.#paths.get(expr) ?? []
  }

  #node(expr: Expr): EstimatedNode {
    const path = this.#pathOf(expr)
    // Accumulators are no part of the data.
    const isAccumulator = path[0] === '@result'
    return { path: isAccumulator ? [] : path, type: typeOf(expr), expr, size: this.#sizeOf(expr) }
  }

  readonly #sizeOrUnknown = (node: EstimatedNode): Range => {
    if (node.size !== undefined) return node.size
    return (node.path.length === 0 ? undefined : this.#lookup(node.path)) ?? UNKNOWN_SIZE
  }

  #sizeOf(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr) ?? literalSize(expr)
    if (known !== undefined) return known
    const path = this.#pathOf(expr)
    const declared = path.length === 0 ? undefined : this.#lookup(path)
    if (declared !== undefined) {
      this.#sizes.set(expr, declared)
      return declared
    }
    if (isScalar(typeOf(expr))) return ONE
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined
  }

  #entriesOf(expr: Expr): EntrySizes | undefined {
    return this.#entries.get(expr) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined)
  }
}

const INDEX_STEPS: Readonly<Record<string, string>> = { index_list: '@items', index_map: '@values' }

const COMPARISONS_BY_CONTENT = new Set(
  ['less', 'less_equals', 'greater', 'greater_equals'].flatMap((name) => [`${name}_string`, `${name}_bytes`]),
)

function standardEstimate(call: EstimatedCall, argCosts: readonly Range[]): EstimatedCost {
  const { target, args, overload } = call
  const [first, second] = args.map((arg) => call.sizeOf(arg))
  const withArgs = (cost: Range, size?: Range): EstimatedCost => ({ cost: sum(cost, ...argCosts), size })
  const traversed = first === undefined ? ONE : scaled(first, CHARACTER_COST)
  const targetSize = target === undefined ? undefined : call.sizeOf(target)
  switch (overload) {
    case 'string_format':
      return withArgs(scaled(targetSize ?? UNKNOWN_SIZE, CHARACTER_COST))
    case 'string_to_bytes':
      return withArgs(traversed, first && { min: first.min, max: Math.min(first.max * 4, UNBOUNDED) })
    case 'bytes_to_string':
      return withArgs(traversed, first && { min: Math.floor(first.min / 4), max: first.max })
    case 'strings_quote':
      return withArgs(traversed, first && { min: first.min + 2, max: Math.min(first.max * 2 + 2, UNBOUNDED) })
    case 'starts_with_string':
    case 'ends_with_string':
      return withArgs(traversed)
    case 'in_list':
      return withArgs(second ?? UNKNOWN_SIZE)
    case 'matches_string': {
      const text = scaled(sum(targetSize ?? UNKNOWN_SIZE, ONE), CHARACTER_COST)
      return withArgs(product(text, scaled(first ?? UNKNOWN_SIZE, PATTERN_CHARACTER_COST)))
    }
    case 'contains_string':
      return withArgs(product(scaled(targetSize ?? UNKNOWN_SIZE, CHARACTER_COST), traversed))
    default:
      return overload === 'equals' || overload === 'not_equals' || COMPARISONS_BY_CONTENT.has(overload)
        ? withArgs(comparison(first ?? UNKNOWN_SIZE, second ?? UNKNOWN_SIZE))
        : withArgs(ONE)
  }
}

function comparison(left: Range, right: Range): Range {
  const max = Math.min(left.max, right.max)
  return scaled({ min: max > 0 ? 1 : 0, max }, CHARACTER_COST)
}

function typeOf(expr: Expr): CelType {
  return expr.type ?? DYN
}

function unionOf(sizes: readonly Range[]): Range {
  const [first = ZERO, ...rest] = sizes
  return rest.reduce(union, first)
}

function literalSize(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return fixed(expr.elements.length)
  if (expr.kind === 'map') return fixed(expr.entries.length)
  if (expr.kind !== 'literal') return undefined
  if (typeof expr.value === 'string') return fixed(characterCount(expr.value))
  return expr.value instanceof Uint8Array ? fixed(expr.value.length) : ONE
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true
    default:
      return isOptional(type) && isScalar(parameterOf(type, 0))
  }
}

function isBinding({ range, condition, accuVar }: Comprehension): boolean {
  const isEmpty = range.kind === 'list' && range.elements.length === 0
  return isEmpty && condition.kind === 'literal' && condition.value === false && accuVar !== '__result__'
}
