import { actualSize, type EstimatedCall, type EstimatedCost, ONE, product, scaled, sum } from '../cost.ts'
import type { FunctionDeclaration, Library } from '../declarations.ts'
import { equal } from '../equality.ts'
import { BOOL, listType, typeParam } from '../types.ts'
import { errorOr, List, type Value } from '../values.ts'

const LIST_OF_T = listType(typeParam('T'))

function has(list: List, element: Value): boolean {
  for (let index = 0; index < list.size; index++) {
    if (equal(element, list.at(index)) === true) return true
  }
  return false
}

function contains(list: List, part: List): boolean {
  return part.toArray().every((element) => has(list, element))
}

/** Every element is compared with every other, `factor` times. */
function setFunction(name: string, factor: number, test: (left: List, right: List) => boolean): FunctionDeclaration {
  return {
    name: `sets.${name}`,
    overloads: [
      {
        id: `list_sets_${name}_list`,
        args: [LIST_OF_T, LIST_OF_T],
        result: BOOL,
        run: (left = null, right = null) => {
          if (!(left instanceof List)) return errorOr(left)
          return right instanceof List ? test(left, right) : errorOr(right)
        },
        cost: ([left, right]) => 1 + actualSize(left ?? null) * actualSize(right ?? null) * factor,
        estimate: (call) => estimate(call, factor),
      },
    ],
  }
}

function estimate({ args, sizeOf }: EstimatedCall, factor: number): EstimatedCost | undefined {
  const [left, right] = args
  if (left === undefined || right === undefined) return undefined
  return { cost: sum(scaled(product(sizeOf(left), sizeOf(right)), factor), ONE) }
}

/** google/cel-go ext/sets.go */
export const SET_LIBRARY: Library = {
  functions: [
    setFunction('contains', 1, contains),
    setFunction('intersects', 1, (left, right) => left.toArray().some((element) => has(right, element))),
    setFunction('equivalent', 2, (left, right) => contains(left, right) && contains(right, left)),
  ],
}
