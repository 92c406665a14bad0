import { isJsonObject } from '../../schema/json.ts'
import { type ArraySlice, JsonPathError, parseJsonPath, type PathStep } from './json-path-parser.ts'

/** A path such as `.status.conditions[?(@.type=="Ready")].status`. */
export interface JsonPath {
  /** All that it leads to; nothing where something is missing. Throws a JsonPathError where values do not fit. */
  find(value: unknown): readonly unknown[]
}

/** Throws a JsonPathError when the path is malformed. After k8s.io/client-go util/jsonpath/jsonpath.go. */
export function compileJsonPath(source: string): JsonPath {
  const steps = parseJsonPath(source)
  return { find: (value) => walk([value], steps) }
}

function walk(values: readonly unknown[], steps: readonly PathStep[]): readonly unknown[] {
  let found = values
  for (const step of steps) found = take(found, step)
  return found
}

function take(values: readonly unknown[], step: PathStep): readonly unknown[] {
  switch (step.kind) {
    case 'literal':
      return values.map(() => step.value)
    case 'field':
      return values.flatMap((value) =>
        isJsonObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [],
      )
    case 'wildcard':
      return values.flatMap(childrenOf)
    case 'recursive':
      return values.flatMap(withDescendants)
    case 'union':
      return step.parts.flatMap((part) => walk(values, part))
    case 'slice':
      return values.flatMap((value) => (isNull(value) ? [] : sliceOf(value, step)))
    case 'filter':
      return values.flatMap((value) => filtered(value, step))
  }
}

function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value) : []
}

function withDescendants(value: unknown): readonly unknown[] {
  const children = childrenOf(value)
  return children.length === 0 ? [] : [value, ...children.flatMap(withDescendants)]
}

function sliceOf(value: unknown, { from: first = 0, to, step = 1, isIndex }: ArraySlice): readonly unknown[] {
  if (!Array.isArray(value)) throw new JsonPathError(`${typeof value} is not array or slice`)
  const { length } = value
  const from = first < 0 ? first + length : first
  const end = isIndex ? first + 1 : (to ?? length)
  const until = end < 0 || (end === 0 && isIndex) ? end + length : end
  if (from === until) return []
  const problem = (index: number): JsonPathError =>
    new JsonPathError(`array index out of bounds: index ${index}, length ${length}`)
  if (from >= length || from < 0) throw problem(from)
  if (until > length || until < 0) throw problem(until - 1)
  if (from > until) throw new JsonPathError(`starting index ${from} is greater than ending index ${until}`)
  if (step <= 0) throw new JsonPathError('step must be > 0')
  return value.slice(from, until).filter((_item, index) => index % step === 0)
}

function filtered(value: unknown, { left, test }: PathStep & { kind: 'filter' }): readonly unknown[] {
  if (!Array.isArray(value)) throw new JsonPathError(`${typeof value} is not array or slice and cannot be filtered`)
  return value.filter((item) => {
    const lefts = walk([item], left)
    if (test === undefined) return lefts.length > 0
    const rights = lefts.length === 0 ? [] : walk([item], test.right)
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time')
    return lefts.length > 0 && rights.length > 0 && holds(lefts[0], test.operator, rights[0])
  })
}

function holds(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right || left === null || typeof left === 'object') {
    throw new JsonPathError('incompatible types for comparison')
  }
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
  }
  if (typeof left === 'boolean') throw new JsonPathError('invalid type for comparison')
  const order = compare(left as number | string, right as number | string)
  switch (operator) {
    case '<':
      return order < 0
    case '>':
      return order > 0
    case '<=':
      return order <= 0
    case '>=':
      return order >= 0
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}

function compare(left: number | string, right: number | string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
