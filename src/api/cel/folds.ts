import type { Comprehension } from './ast.ts'
import type { Step } from './evaluation.ts'
import { type Planner, stepOf } from './plan.ts'
import {
  CelError,
  Dictionary,
  dictionaryOf,
  type DictionarySource,
  identityOf,
  List,
  listOf,
  type ListSource,
  type Value,
} from './values.ts'

/** A loop: the accumulator is what its steps make of it, the result is made of the last accumulator. */
export function planFold(planner: Planner, expr: Comprehension): Step {
  const range = planner.step(expr.range)
  const init = planner.plan(expr.accuInit)
  const accumulator = planner.allocate()
  const first = planner.allocate()
  const second = planner.allocate()
  const start = stepOf(init)
  const growing = init.kind === 'constant' ? growingFrom(init.value) : undefined
  // A macro may bind a costly value that is never looked at: it is computed at the first look.
  const readAccumulator: Step = (frame) => {
    const value = frame.slots[accumulator]
    return value === undefined ? (frame.slots[accumulator] = growing?.() ?? start(frame)) : value
  }
  const locals = [{ name: expr.accuVar, read: readAccumulator }]
  const loopLocals = [...locals, { name: expr.iterVar, read: readSlot(first) }]
  if (expr.iterVar2 !== undefined) loopLocals.push({ name: expr.iterVar2, read: readSlot(second) })
  const [condition, step] = planner.withLocals(loopLocals, () => [
    planner.step(expr.condition),
    planner.step(expr.step),
  ])
  const result = planner.withLocals(locals, () => planner.step(expr.result))
  const pairs = expr.iterVar2 !== undefined

  return (frame) => {
    const container = range(frame)
    frame.slots[accumulator] = undefined
    /** False when the loop need not go on. */
    const visit = (key: Value, value: Value): boolean => {
      frame.slots[first] = key
      frame.slots[second] = value
      if (condition(frame) === false) return false
      frame.slots[accumulator] = step(frame)
      return true
    }
    if (container instanceof List) visitList(container, pairs, visit)
    else if (container instanceof Dictionary) visitDictionary(container, pairs, visit)
    else return container instanceof CelError ? container : new CelError('expected iterable type')
    return settled(result(frame))
  }
}

type Visitor = (key: Value, value: Value) => boolean

function visitList(list: List, pairs: boolean, visit: Visitor): void {
  for (let index = 0; index < list.size; index++) {
    const value = list.at(index)
    if (!(pairs ? visit(BigInt(index), value) : visit(value, null))) return
  }
}

function visitDictionary(dictionary: Dictionary, pairs: boolean, visit: Visitor): void {
  for (const key of dictionary.keys()) {
    if (!visit(key, pairs ? (dictionary.find(key) ?? null) : null)) return
  }
}

function readSlot(slot: number): Step {
  return (frame) => frame.slots[slot] ?? null
}

/** A loop that collects would copy its list at every step; it gets one that grows in place, and is settled at the end. */
class GrowingList implements ListSource {
  readonly values: Value[] = []

  get size(): number {
    return this.values.length
  }

  at(index: number): Value {
    return this.values[index] ?? null
  }

  add(other: List): Value {
    for (let index = 0; index < other.size; index++) this.values.push(other.at(index))
    return this.self
  }

  readonly self: List = new List(this)
}

class GrowingMap implements DictionarySource {
  readonly entries = new Map<unknown, readonly [Value, Value]>()
  readonly self: Dictionary = new Dictionary(this)

  get size(): number {
    return this.entries.size
  }

  find(key: Value): Value | undefined {
    return this.entries.get(identityOf(key))?.[1]
  }

  keys(): readonly Value[] {
    return [...this.entries.values()].map(([key]) => key)
  }
}

function growingFrom(value: Value): (() => Value) | undefined {
  if (value instanceof List && value.size === 0) return () => new GrowingList().self
  if (value instanceof Dictionary && value.size === 0) return () => new GrowingMap().self
  return undefined
}

function settled(value: Value): Value {
  if (value instanceof List && value.source instanceof GrowingList) return listOf(value.source.values)
  if (value instanceof Dictionary && value.source instanceof GrowingMap)
    return dictionaryOf(value.source.entries.values())
  return value
}

/** `cel.@mapInsert`: what loops that make maps are made of. A key that is there already is an error. */
export function insertEntry(map: Value, key: Value, value: Value): Value {
  if (!(map instanceof Dictionary)) return new CelError('no such overload')
  if (map.find(key) !== undefined) return new CelError(`insert failed: key ${String(identityOf(key))} already exists`)
  if (map.source instanceof GrowingMap) {
    map.source.entries.set(identityOf(key), [key, value])
    return map
  }
  const entries = map.keys().map((known): [Value, Value] => [known, map.find(known) ?? null])
  return dictionaryOf([...entries, [key, value]])
}
