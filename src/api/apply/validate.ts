import { elementOf } from './list-item.ts'
import { fieldElement, printPath, type PathElement } from './path-element.ts'
import { shapeBelow, treatedAs, type ListShape, type MapShape, type ScalarShape, type Shape } from './shape.ts'
import { asList, asMap, TypedValueError, type JsonObject } from './typed-value.ts'

export interface ValidateOptions {
  /** Objects that were stored may have duplicates in sets and keyed lists, applied configurations may not. */
  readonly allowDuplicates?: boolean
}

/** Throws a `TypedValueError` unless `value` is of its type. After structured-merge-diff typed/validate.go. */
export function validateTyped(value: unknown, shape: Shape, { allowDuplicates = false }: ValidateOptions = {}): void {
  const walk: Walk = { allowDuplicates, path: [], problems: [] }
  validateValue(value, shape, walk)
  if (walk.problems.length > 0) throw new TypedValueError(walk.problems)
}

/** Why `value` is no such scalar, or nothing. Null and absent values are of every type. */
export function scalarProblem(value: unknown, scalar: ScalarShape): string | undefined {
  if (value === undefined || value === null) return undefined
  const type = typeof value === 'bigint' ? 'number' : typeof value
  switch (scalar) {
    case 'numeric':
      return type === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'string':
      return type === 'string' ? undefined : `expected string, got ${printAny(value)}`
    case 'boolean':
      return type === 'boolean' ? undefined : `expected boolean, got ${printAny(value)}`
    case 'untyped':
      return type === 'object' ? `expected any scalar, got ${printAny(value)}` : undefined
  }
}

interface Walk {
  readonly allowDuplicates: boolean
  readonly path: PathElement[]
  readonly problems: string[]
}

function validateValue(value: unknown, shape: Shape, walk: Walk): void {
  switch (treatedAs(shape, value)) {
    case 'map':
      return shape.map && validateMap(value, shape.map, walk)
    case 'list':
      return shape.list && validateList(value, shape.list, walk)
    case 'scalar': {
      const problem = scalarProblem(value, shape.scalar ?? 'untyped')
      if (problem !== undefined) complain(walk, problem)
      return
    }
    default:
      complain(walk, 'schema error: invalid atom: inlined')
  }
}

function validateMap(value: unknown, map: MapShape, walk: Walk): void {
  if (value === null || value === undefined) return
  const object = asMap(value)
  if (object === undefined) return complain(walk, `expected map, got ${printAny(value)}`)
  for (const [key, inner] of definedEntries(object)) {
    const shape = shapeBelow(map, key)
    walk.path.push(fieldElement(key))
    if (shape === undefined) complain(walk, 'field not declared in schema')
    else validateValue(inner, shape, walk)
    walk.path.pop()
    if (shape === undefined) return
  }
}

function validateList(value: unknown, list: ListShape, walk: Walk): void {
  if (value === null || value === undefined) return
  const items = asList(value)
  if (items === undefined) return complain(walk, `expected list, got ${printAny(value)}`)
  const seen = new Set<PathElement>()
  for (const [index, item] of items.entries()) {
    const element = list.atomic ? (`i:${index}` as const) : identify(list, item, index, walk)
    if (element === undefined) return
    if (!list.atomic && seen.has(element) && !walk.allowDuplicates) {
      complain(walk, `duplicate entries for key ${printPath([element])}`)
    }
    seen.add(element)
    walk.path.push(element)
    validateValue(item, list.items(), walk)
    walk.path.pop()
  }
}

function identify(list: ListShape, item: unknown, index: number, walk: Walk): PathElement | undefined {
  try {
    return elementOf(list, item)
  } catch (failure) {
    if (!(failure instanceof TypedValueError)) throw failure
    complain(walk, `element ${index}: ${failure.message}`)
    return undefined
  }
}

function complain({ path, problems }: Walk, problem: string): void {
  problems.push(path.length === 0 ? problem : `${printPath(path)}: ${problem}`)
}

function definedEntries(object: JsonObject): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== undefined)
}

function printAny(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : `&{${JSON.stringify(value)}}`
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}
