import {
  actualSize,
  CHARACTER_COST,
  type EstimatedCall,
  type EstimatedCost,
  ONE,
  product,
  scaled,
  sum,
} from '../cost.ts'
import { Dictionary, List, type Value } from '../values.ts'

/** Functions that go once through a list or a text: k8s.io/apiserver pkg/cel/library/cost.go. */

export function searchCost([first]: readonly Value[]): number {
  return first === undefined ? 0 : traversalCost(first)
}

/** Bytes of texts, and 1 for everything else that is not a container. */
function traversalCost(value: Value): number {
  if (typeof value === 'string') return Math.trunc(Buffer.byteLength(value) * CHARACTER_COST)
  if (value instanceof Uint8Array) return Math.trunc(value.length * CHARACTER_COST)
  let cost = 0
  if (value instanceof List) {
    for (let index = 0; index < value.size; index++) cost += traversalCost(value.at(index))
    return cost
  }
  if (value instanceof Dictionary) {
    for (const key of value.keys()) cost += traversalCost(key) + traversalCost(value.find(key) ?? null)
    return cost
  }
  return 1
}

export function estimateSearch({ target, sizeOf }: EstimatedCall): EstimatedCost | undefined {
  if (target === undefined) return undefined
  const [element] = target.type.parameters
  if (element === undefined) return { cost: scaled(sizeOf(target), CHARACTER_COST) }
  const path = target.path.length === 0 ? [] : [...target.path, '@items']
  const isText = element.kind === 'string' || element.kind === 'bytes'
  const perElement = isText
    ? sum(ONE, scaled(sizeOf({ path, type: element, expr: undefined, size: undefined }), CHARACTER_COST))
    : ONE
  return { cost: product(sizeOf(target), perElement) }
}

/** A text is read once. */
export function readCost([first]: readonly Value[]): number {
  return Math.ceil(actualSize(first ?? null) * CHARACTER_COST)
}

export function estimateRead({ args, sizeOf }: EstimatedCall): EstimatedCost | undefined {
  const [first] = args
  return first === undefined ? undefined : { cost: scaled(sizeOf(first), CHARACTER_COST) }
}

/** A look at what was read before. */
export const NOMINAL = {
  cost: (): number => 1,
  estimate: (): EstimatedCost => ({ cost: ONE }),
}
