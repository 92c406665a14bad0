import type { Call, Comprehension, Expr, Ident, ListLiteral, MapLiteral, Select, StructLiteral } from './ast.ts'
import type { Environment, FunctionDeclaration, Overload } from './declarations.ts'
import { mostGeneral, Substitutions } from './inference.ts'
import type { Issue } from './issues.ts'
import {
  BOOL,
  type CelType,
  DYN,
  ERROR,
  INT,
  isDyn,
  isOptional,
  isSameType,
  listType,
  mapType,
  opaqueType,
  optionalType,
  parameterOf,
  printType,
  structType,
  typeOfType,
  typeParam,
  unwrapOptional,
} from './types.ts'
import { typeOf } from './values.ts'

/** Gives every node its type, and names and calls what they refer to. The tree is complete only when there are no issues. */
export function check(expr: Expr, environment: Environment): readonly Issue[] {
  const checker = new Checker(environment)
  checker.check(expr)
  checker.finish()
  return checker.issues
}

class Checker {
  readonly issues: Issue[] = []
  readonly #environment: Environment
  readonly #substitutions = new Substitutions()
  readonly #checked: Expr[] = []
  /** Variables of loops; the innermost is last. */
  readonly #locals: Map<string, CelType>[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  check(expr: Expr): CelType {
    const type = this.#typeOf(expr)
    expr.type = type
    this.#checked.push(expr)
    return type
  }

  /** What is still unknown at the end can be anything. */
  finish(): void {
    for (const expr of this.#checked) expr.type = this.#substitutions.resolve(expr.type ?? DYN, 'dyn')
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return typeOf(expr.value)
      case 'ident':
        return this.#ident(expr)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'comprehension':
        return this.#comprehension(expr)
    }
  }

  #ident(expr: Ident): CelType {
    const local = expr.name.startsWith('.') ? undefined : this.#local(expr.name)
    const name = expr.name.replace(/^\./, '')
    const type = local ?? this.#global(name)
    if (type === undefined) return this.#undeclared(expr, expr.name)
    expr.resolved = name
    return type
  }

  #local(name: string): CelType | undefined {
    for (let index = this.#locals.length - 1; index >= 0; index--) {
      const type = this.#locals[index]?.get(name)
      if (type !== undefined) return type
    }
    return undefined
  }

  #global(name: string): CelType | undefined {
    const variable = this.#environment.variables.get(name)
    if (variable !== undefined) return variable
    const type = this.#environment.types.get(name)
    if (type !== undefined) return typeOfType(type)
    return this.#environment.structs.fieldsOf(name) === undefined ? undefined : typeOfType(structType(name))
  }

  #select(expr: Select): CelType {
    const path = expr.testOnly ? undefined : qualifiedName(expr)
    if (path !== undefined && this.#local(path.split('.')[0] ?? '') === undefined) {
      const name = path.replace(/^\./, '')
      const type = this.#global(name)
      if (type !== undefined) {
        expr.resolved = name
        return type
      }
    }
    const type = this.#field(expr, expr.operand, expr.field, false)
    return expr.testOnly ? BOOL : this.#substitutions.resolve(type, 'parameter')
  }

  #field(at: Expr, operand: Expr, field: string, optional: boolean): CelType {
    const operandType = this.#substitutions.resolve(this.check(operand), 'parameter')
    const target = unwrapOptional(operandType)
    const type = this.#fieldOf(at, target, field)
    return optional || isOptional(operandType) ? optionalType(type) : type
  }

  #fieldOf(at: Expr, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'map':
        return parameterOf(target, 1)
      case 'struct':
        return this.#structField(at.offset, target.name, field)
      case 'typeParam':
        this.#substitutions.assign(DYN, target)
        return DYN
      case 'dyn':
      case 'any':
      case 'error':
        return DYN
      default:
        this.#report(at.offset, `type '${printType(target)}' does not support field selection`)
        return DYN
    }
  }

  #structField(offset: number, struct: string, field: string): CelType {
    const fields = this.#environment.structs.fieldsOf(struct)
    if (fields === undefined) {
      this.#report(offset, `unexpected failed resolution of '${struct}'`)
      return ERROR
    }
    const type = fields.fieldType(field)
    if (type === undefined) this.#report(offset, `undefined field '${field}'`)
    return type ?? ERROR
  }

  #call(expr: Call): CelType {
    if (expr.name === '_?._') return this.#optionalSelect(expr)
    const argTypes = expr.args.map((arg) => this.check(arg))
    const { target } = expr
    if (target === undefined) {
      const declaration = this.#environment.functions.get(expr.name.replace(/^\./, ''))
      if (declaration === undefined) return this.#undeclared(expr, expr.name)
      return this.#overload(expr, declaration, argTypes, false)
    }
    const prefix = qualifiedName(target)
    const qualified = prefix === undefined ? undefined : this.#environment.functions.get(`${prefix}.${expr.name}`)
    if (qualified !== undefined) return this.#overload(expr, qualified, argTypes, false)
    const targetType = this.check(target)
    const declaration = this.#environment.functions.get(expr.name)
    if (declaration === undefined) return this.#undeclared(expr, expr.name)
    return this.#overload(expr, declaration, [targetType, ...argTypes], true)
  }

  #optionalSelect(expr: Call): CelType {
    const [operand, field] = expr.args
    if (operand === undefined || field?.kind !== 'literal' || typeof field.value !== 'string') {
      this.#report(expr.offset, 'unsupported optional field selection')
      return ERROR
    }
    expr.resolved = { name: expr.name, overloads: ['select_optional_field'], member: false }
    return this.#substitutions.resolve(this.#field(expr, operand, field.value, true), 'parameter')
  }

  #overload(expr: Call, declaration: FunctionDeclaration, argTypes: readonly CelType[], member: boolean): CelType {
    const { name } = declaration
    if (name === '_&&_' || name === '_||_') return this.#logic(expr, name, argTypes)
    const matches: string[] = []
    let result: CelType | undefined
    for (const overload of declaration.overloads) {
      if ((overload.member ?? false) !== member) continue
      const instance = this.#instance(overload)
      if (!this.#substitutions.assignAll(argTypes, instance.args)) continue
      matches.push(overload.id)
      const type = this.#substitutions.resolve(instance.result, 'parameter')
      if (result === undefined) result = type
      else if (!isDyn(result) && !isSameType(type, result)) result = DYN
    }
    if (result === undefined) return this.#noOverload(expr, name, argTypes, member)
    expr.resolved = { name, overloads: matches, member }
    return result
  }

  #logic(expr: Call, name: string, argTypes: readonly CelType[]): CelType {
    expr.resolved = { name, overloads: [name === '_&&_' ? 'logical_and' : 'logical_or'], member: false }
    let type = BOOL
    for (const [index, argType] of argTypes.entries()) {
      if (this.#substitutions.assign(argType, BOOL)) continue
      this.#mismatch(expr.args[index] ?? expr, BOOL, argType)
      type = ERROR
    }
    return type
  }

  /** The overload with fresh type parameters, as each call may mean others. */
  #instance({ args, result }: Overload): { args: readonly CelType[]; result: CelType } {
    if (!args.some(hasParameters) && !hasParameters(result)) return { args, result }
    const fresh = new Map<string, CelType>()
    const instantiate = (type: CelType): CelType => {
      if (type.kind === 'typeParam') {
        const known = fresh.get(type.name) ?? this.#substitutions.fresh()
        fresh.set(type.name, known)
        return known
      }
      if (!hasParameters(type)) return type
      const parameters = type.parameters.map(instantiate)
      if (type.kind === 'list') return listType(parameters[0] ?? DYN)
      if (type.kind === 'map') return mapType(parameters[0] ?? DYN, parameters[1] ?? DYN)
      return type.kind === 'type' ? typeOfType(parameters[0] ?? DYN) : opaqueType(type.name, ...parameters)
    }
    return { args: args.map(instantiate), result: instantiate(result) }
  }

  #noOverload(expr: Call, name: string, argTypes: readonly CelType[], member: boolean): CelType {
    const printed = argTypes.map((type) => printType(this.#substitutions.resolve(type, 'dyn')))
    const signature = member ? `${printed[0]}.(${printed.slice(1).join(', ')})` : `(${printed.join(', ')})`
    this.#report(expr.offset, `found no matching overload for '${name}' applied to '${signature}'`)
    return ERROR
  }

  #list({ elements }: ListLiteral): CelType {
    let joined: CelType | undefined
    for (const { value, optional } of elements) {
      joined = this.#join(joined, this.#element(value, optional))
    }
    return listType(joined ?? this.#substitutions.fresh())
  }

  #map({ entries }: MapLiteral): CelType {
    let keys: CelType | undefined
    let values: CelType | undefined
    for (const { key, value, optional } of entries) {
      keys = this.#join(keys, this.check(key))
      values = this.#join(values, this.#element(value, optional))
    }
    return mapType(keys ?? this.#substitutions.fresh(), values ?? this.#substitutions.fresh())
  }

  #element(value: Expr, optional: boolean): CelType {
    const type = this.check(value)
    if (!optional) return type
    if (!isOptional(type) && !isDyn(type)) this.#mismatch(value, optionalType(type), type)
    return unwrapOptional(type)
  }

  /** Elements of different types make a list of anything; whether that is allowed is judged later. */
  #join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current
    return this.#substitutions.assign(previous, current) ? mostGeneral(previous, current) : DYN
  }

  #struct(expr: StructLiteral): CelType {
    const name = expr.typeName.replace(/^\./, '')
    const fields = this.#environment.structs.fieldsOf(name)
    if (fields === undefined) return this.#undeclared(expr, expr.typeName)
    for (const field of expr.fields) {
      const given = this.#element(field.value, field.optional)
      const declared = this.#structField(field.offset, name, field.name)
      if (this.#substitutions.assign(declared, given)) continue
      const message = `expected type of field '${field.name}' is '${printType(declared)}' but provided type is '${printType(given)}'`
      this.#report(field.offset, message)
    }
    return structType(name)
  }

  #comprehension(expr: Comprehension): CelType {
    const range = this.#substitutions.resolve(this.check(expr.range), 'parameter')
    const accumulator = this.check(expr.accuInit)
    this.#locals.push(new Map([[expr.accuVar, accumulator]]))
    this.#locals.push(this.#loopVariables(expr, range))
    this.#assertType(expr.condition, BOOL)
    this.#assertType(expr.step, accumulator)
    this.#locals.pop()
    const result = this.check(expr.result)
    this.#locals.pop()
    return this.#substitutions.resolve(result, 'parameter')
  }

  #loopVariables(expr: Comprehension, range: CelType): Map<string, CelType> {
    const [one, key, value] = this.#rangeTypes(expr, range)
    if (expr.iterVar2 === undefined) return new Map([[expr.iterVar, one]])
    return new Map([
      [expr.iterVar, key],
      [expr.iterVar2, value],
    ])
  }

  /** What a loop with one variable sees, and what one with two sees. */
  #rangeTypes(expr: Comprehension, range: CelType): readonly [CelType, CelType, CelType] {
    switch (range.kind) {
      case 'list':
        return [parameterOf(range, 0), INT, parameterOf(range, 0)]
      case 'map':
        return [parameterOf(range, 0), parameterOf(range, 0), parameterOf(range, 1)]
      case 'dyn':
      case 'error':
      case 'typeParam':
        this.#substitutions.assign(DYN, range)
        return [DYN, DYN, DYN]
      default:
        this.#report(
          expr.range.offset,
          `expression of type '${printType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        )
        return [ERROR, ERROR, ERROR]
    }
  }

  #assertType(expr: Expr, expected: CelType): void {
    const type = this.check(expr)
    if (!this.#substitutions.assign(expected, type)) this.#mismatch(expr, expected, type)
  }

  #mismatch(expr: Expr, expected: CelType, actual: CelType): void {
    this.#report(expr.offset, `expected type '${printType(expected)}' but found '${printType(actual)}'`)
  }

  #undeclared(expr: Expr, name: string): CelType {
    this.#report(expr.offset, `undeclared reference to '${name}' (in container '')`)
    return ERROR
  }

  #report(offset: number, message: string): void {
    this.issues.push({ offset, message })
  }
}

function hasParameters(type: CelType): boolean {
  return type.kind === 'typeParam' || type.parameters.some(hasParameters)
}

/** `a.b.c`, when an expression is nothing but names. */
function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.testOnly) return undefined
  const prefix = qualifiedName(expr.operand)
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`
}

/** For declarations: `A`, `B`, … stand for any type. */
export const A = typeParam('A')
export const B = typeParam('B')
