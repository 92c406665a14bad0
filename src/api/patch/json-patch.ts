import { deepEqual } from '../../base/equal.ts'
import { requestEntityTooLarge } from '../errors.ts'
import { goTypeOf, isList, isObject } from './json-value.ts'
import { PatchError } from './patch-error.ts'
import { parseJsonPointer } from './json-pointer.ts'

/** k8s.io/apiserver pkg/endpoints/handlers/patch.go */
const OPERATIONS_MAX = 10_000

/** One step of a JSON patch. Upstream reads steps leniently: what is missing shows when the step is taken. */
export interface JsonPatchOperation {
  readonly op: string
  readonly path?: string
  readonly from?: string
  readonly value?: unknown
}

/** Checks the shape of a JSON patch. Throws a `PatchError`, or a 413 when it has too many steps. */
export function readJsonPatch(body: unknown): readonly JsonPatchOperation[] {
  if (body === null) return []
  if (!isList(body))
    throw undecodable(`cannot unmarshal ${jsonTypeOf(body)} into Go value of type []handlers.jsonPatchOp`)
  const operations = body.map(readOperation)
  if (operations.length <= OPERATIONS_MAX) return operations
  throw requestEntityTooLarge(
    `The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${operations.length}`,
  )
}

/** What field validation says of a patch itself: keys of its steps that mean nothing. */
export function unknownFieldsOfJsonPatch(body: unknown): readonly string[] {
  if (!isList(body)) return []
  return body.flatMap((operation, index) =>
    Object.keys(isObject(operation) ? operation : {})
      .filter((key) => !KNOWN_KEYS.has(key))
      .map((key) => `json patch unknown field "[${index}].${key}"`),
  )
}

/**
 * Applies a JSON patch (RFC 6902) and shares with `document` whatever it leaves alone. Throws a `PatchError`.
 * After github.com/evanphx/json-patch v4 patch.go, whose `replace` also adds to objects.
 */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const editor = new Editor(document)
  for (const operation of operations) editor.apply(operation)
  return editor.document
}

const KNOWN_KEYS: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value'])
const MISSING = 'missing value'
const INVALID_INDEX = 'invalid index referenced'

type Container = Record<string, unknown> | unknown[]

interface Place {
  readonly container: Container
  readonly key: string
}

/**
 * Invariant: a container is changed only if this editor made it, so nobody else can have seen it. What enters the
 * document from the patch, or a second time by `copy`, belongs to others and is copied before its first change.
 */
class Editor {
  document: unknown
  readonly #own = new WeakSet<object>()

  constructor(document: unknown) {
    this.document = document
  }

  apply(operation: JsonPatchOperation): void {
    switch (operation.op) {
      case 'add':
        return this.#add(operation)
      case 'remove':
        return this.#remove(operation)
      case 'replace':
        return this.#replace(operation)
      case 'move':
        return this.#move(operation)
      case 'test':
        return this.#test(operation)
      case 'copy':
        return this.#copy(operation)
      default:
        throw failure(`Unexpected kind: ${operation.op}`)
    }
  }

  #add(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'add')
    const place = this.#place(path)
    if (place === undefined) throw failure(`add operation does not apply: doc is missing path: "${path}": ${MISSING}`)
    wrapping(`error in add for path: '${path}'`, () => insert(place, operation.value ?? null))
  }

  #remove(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'remove')
    const place = this.#place(path)
    if (place === undefined) {
      throw failure(`remove operation does not apply: doc is missing path: "${path}": ${MISSING}`)
    }
    wrapping(`error in remove for path: '${path}'`, () => remove(place))
  }

  #replace(operation: JsonPatchOperation): void {
    const path = operation.path
    if (path === undefined) {
      throw failure(`replace operation failed to decode path: operation missing path field: ${MISSING}`)
    }
    const value = operation.value ?? null
    if (path === '') {
      if (!isObject(value) && !isList(value)) {
        throw failure('replace operation value must be object or array: %!w(<nil>)')
      }
      this.document = value
      return
    }
    const place = this.#place(path)
    if (place === undefined) throw failure(`replace operation does not apply: doc is missing path: ${path}: ${MISSING}`)
    const { container, key } = place
    if (!Array.isArray(container)) {
      container[key] = value
      return
    }
    const index = existingIndex(container, key)
    if (typeof index === 'string') {
      throw failure(`replace operation does not apply: doc is missing key: ${path}: ${MISSING}`)
    }
    container[index] = value
  }

  #move(operation: JsonPatchOperation): void {
    const from = fromOf(operation, 'move')
    const source = this.#place(from)
    if (source === undefined) {
      throw failure(`move operation does not apply: doc is missing from path: ${from}: ${MISSING}`)
    }
    const value = wrapping(`error in move for path: '${source.key}'`, () => {
      const found = read(source)
      remove(source)
      return found
    })
    const path = operation.path
    if (path === undefined)
      throw failure(`move operation failed to decode path: operation missing path field: ${MISSING}`)
    const target = this.#place(path)
    if (target === undefined) {
      throw failure(`move operation does not apply: doc is missing destination path: ${path}: ${MISSING}`)
    }
    wrapping(`error in move for path: '${path}'`, () => insert(target, value ?? null))
  }

  #copy(operation: JsonPatchOperation): void {
    const from = fromOf(operation, 'copy')
    const source = this.#peek(from)
    if (source === undefined) {
      throw failure(`copy operation does not apply: doc is missing from path: ${from}: ${MISSING}`)
    }
    const value = wrapping(`error in copy for from: '${from}'`, () => read(source))
    const path = pathOf(operation, 'copy')
    const target = this.#place(path)
    if (target === undefined) {
      throw failure(`copy operation does not apply: doc is missing destination path: ${path}: ${MISSING}`)
    }
    this.#disown(value)
    wrapping('error while adding value during copy', () => insert(target, value ?? null))
  }

  #test(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'test')
    const failed = failure(`testing value ${path} failed: test failed`)
    if (path === '') {
      if (!deepEqual(this.document, operation.value)) throw failed
      return
    }
    const place = this.#peek(path)
    if (place === undefined) throw failure(`test operation does not apply: is missing path: ${path}: ${MISSING}`)
    const value = wrapping(`error in test for path: '${path}'`, () => read(place)) ?? null
    if (!deepEqual(value, operation.value ?? null)) throw failed
  }

  /** Where `path` ends, without a right to change anything there. */
  #peek(path: string): Place | undefined {
    const tokens = parseJsonPointer(path)
    const key = tokens.at(-1)
    let container = this.document
    for (const token of tokens.slice(0, -1)) container = child(container, token)
    return key === undefined || !isContainer(container) ? undefined : { container, key }
  }

  /** Where `path` ends; everything on the way is then this editor's own. */
  #place(path: string): Place | undefined {
    if (this.#peek(path) === undefined) return undefined
    const tokens = parseJsonPointer(path)
    let container = this.#owned(this.document)
    this.document = container
    for (const token of tokens.slice(0, -1)) {
      const inner = this.#owned(child(container, token))
      if (Array.isArray(container)) container[indexOfExisting(container, token)] = inner
      else container[token] = inner
      container = inner
    }
    return { container, key: tokens.at(-1) ?? '' }
  }

  #owned(value: unknown): Container {
    if (!isContainer(value)) throw failure(MISSING)
    if (this.#own.has(value)) return value
    const copy: Container = Array.isArray(value) ? [...value] : { ...value }
    this.#own.add(copy)
    return copy
  }

  #disown(value: unknown): void {
    if (!isContainer(value) || !this.#own.delete(value)) return
    for (const inner of Object.values(value)) this.#disown(inner)
  }
}

function readOperation(operation: unknown): JsonPatchOperation {
  if (operation === null) return { op: 'unknown' }
  if (!isObject(operation)) {
    throw undecodable(`cannot unmarshal ${jsonTypeOf(operation)} into Go value of type handlers.jsonPatchOp`)
  }
  const texts: { op: string; path?: string; from?: string } = { op: 'unknown' }
  for (const key of ['op', 'path', 'from'] as const) {
    const text = operation[key]
    if (text === undefined || text === null) continue
    if (typeof text !== 'string') {
      throw undecodable(`cannot unmarshal ${jsonTypeOf(text)} into Go struct field jsonPatchOp.${key} of type string`)
    }
    texts[key] = text
  }
  return { ...texts, value: operation['value'] }
}

function pathOf({ path }: JsonPatchOperation, name: string): string {
  if (path === undefined) throw failure(`${name} operation failed to decode path: ${MISSING}`)
  return path
}

function fromOf({ from }: JsonPatchOperation, name: string): string {
  if (from === undefined) {
    throw failure(`${name} operation failed to decode from: operation, missing from field: ${MISSING}`)
  }
  return from
}

function child(container: unknown, token: string): unknown {
  if (Array.isArray(container)) {
    const index = existingIndex(container, token)
    return typeof index === 'string' ? undefined : container[index]
  }
  return isObject(container) && Object.hasOwn(container, token) ? container[token] : undefined
}

/** Throws for lists when there is no such item; a missing key of an object reads as nothing. */
function read({ container, key }: Place): unknown {
  if (!Array.isArray(container)) return child(container, key)
  return container[indexOfExisting(container, key)]
}

function insert({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) {
    container[key] = value
    return
  }
  if (key === '-') {
    container.push(value)
    return
  }
  const index = parseIndex(key)
  if (index === undefined) throw failure(`value was not a proper array index: '${key}': ${badNumber(key)}`)
  const size = container.length + 1
  if (index >= size || index < -size) throw failure(`Unable to access invalid index: ${index}: ${INVALID_INDEX}`)
  container.splice(index < 0 ? index + size : index, 0, value)
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) {
    container.splice(indexOfExisting(container, key), 1)
    return
  }
  if (!Object.hasOwn(container, key)) throw failure(`Unable to remove nonexistent key: ${key}: ${MISSING}`)
  delete container[key]
}

function indexOfExisting(list: readonly unknown[], key: string): number {
  const index = existingIndex(list, key)
  if (typeof index === 'string') throw failure(index)
  return index
}

/** Negative indices count from the end. A text says why there is no such item. */
function existingIndex(list: readonly unknown[], key: string): number | string {
  const index = parseIndex(key)
  if (index === undefined) return badNumber(key)
  if (index >= list.length || index < -list.length) return `Unable to access invalid index: ${index}: ${INVALID_INDEX}`
  return index < 0 ? index + list.length : index
}

function parseIndex(key: string): number | undefined {
  const index = /^[+-]?[0-9]+$/.test(key) ? Number(key) : Number.NaN
  return Number.isSafeInteger(index) ? index : undefined
}

function badNumber(key: string): string {
  return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function wrapping<T>(context: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof PatchError) throw failure(`${context}: ${error.message}`)
    throw error
  }
}

function failure(message: string): PatchError {
  return new PatchError(message, 'unprocessable')
}

function undecodable(why: string): PatchError {
  return new PatchError(`error decoding patch: json: ${why}`, 'badRequest')
}

function jsonTypeOf(value: unknown): string {
  if (isList(value)) return 'array'
  if (isObject(value)) return 'object'
  const type = goTypeOf(value)
  return type === 'bool' || type === 'string' ? type : 'number'
}
