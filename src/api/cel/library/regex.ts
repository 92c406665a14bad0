import { actualSize, CHARACTER_COST, ONE, PATTERN_CHARACTER_COST, product, scaled, sum } from '../cost.ts'
import type { FunctionDeclaration, Implementation, Library } from '../declarations.ts'
import { compilePattern, type Pattern } from '../patterns.ts'
import { INT, listType, STRING } from '../types.ts'
import { CelError, errorOr, listOf, NO_SUCH_OVERLOAD, type Value } from '../values.ts'

/** Given a pattern, what a call does with the rest. */
type PatternUse = (pattern: Pattern) => Implementation

const find: PatternUse =
  (pattern) =>
  (text = null) =>
    typeof text === 'string' ? pattern.find(text) : errorOr(text)

const findAll: PatternUse =
  (pattern) =>
  (text = null, _pattern, countMax = -1n) => {
    if (typeof text !== 'string') return errorOr(text)
    if (typeof countMax !== 'bigint') return NO_SUCH_OVERLOAD
    return listOf(pattern.findAll(text, Number(countMax)))
  }

/** For patterns that are known only now. */
function dynamic(use: PatternUse): Implementation {
  return (text = null, pattern = null, ...rest) => {
    if (typeof pattern !== 'string') return errorOr(pattern)
    try {
      return use(compilePattern(pattern))(text, pattern, ...rest)
    } catch (failure) {
      return new CelError(`Illegal regex: ${failure instanceof Error ? failure.message : String(failure)}`)
    }
  }
}

function cost([text = null, pattern = null]: readonly Value[]): number {
  const textCost = Math.ceil((1 + actualSize(text)) * CHARACTER_COST)
  return textCost * Math.ceil(actualSize(pattern) * PATTERN_CHARACTER_COST)
}

const SHARED: Pick<FunctionDeclaration, 'cost' | 'estimate'> = {
  cost,
  estimate: ({ target, args, sizeOf }) => {
    const [pattern] = args
    if (target === undefined || pattern === undefined) return undefined
    const size = sizeOf(target)
    const textCost = scaled(sum(size, ONE), CHARACTER_COST)
    const patternCost = scaled(sizeOf(pattern), PATTERN_CHARACTER_COST)
    return { cost: product(textCost, patternCost), size: { min: 0, max: size.max } }
  },
}

/** k8s.io/apiserver pkg/cel/library/regex.go */
export const REGEX_LIBRARY: Library = {
  functions: [
    {
      ...SHARED,
      name: 'find',
      withPattern: { index: 1, compile: (source) => find(compilePattern(source)) },
      overloads: [
        { id: 'string_find_string', member: true, args: [STRING, STRING], result: STRING, run: dynamic(find) },
      ],
    },
    {
      ...SHARED,
      name: 'findAll',
      withPattern: { index: 1, compile: (source) => findAll(compilePattern(source)) },
      overloads: [
        {
          id: 'string_find_all_string',
          member: true,
          args: [STRING, STRING],
          result: listType(STRING),
          run: dynamic(findAll),
        },
        {
          id: 'string_find_all_string_int',
          member: true,
          args: [STRING, STRING, INT],
          result: listType(STRING),
          run: dynamic(findAll),
        },
      ],
    },
  ],
}
