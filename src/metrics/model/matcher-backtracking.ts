import type { RegexTree } from './matcher-tree.ts'

/** How many steps JavaScript's engine, which tries possibilities one after the other, may take at worst for one value. */
const STEPS_MAX = 1_000_000

/** A JavaScript expression, and the longest text on which it is sure to be quick. */
export interface BoundedRegex {
  readonly source: string
  readonly lengthMax: number
}

/**
 * The same expression for JavaScript's engine, many times as fast as one that runs in linear time whatever the expression.
 * Undefined when there are expressions of its kind that take it forever.
 */
export function boundedRegex(tree: RegexTree): BoundedRegex | undefined {
  const effort = effortOf(tree)
  if (effort === undefined) return undefined
  const { choices, loops } = effort
  const lengthMax = loops === 0 ? Infinity : Math.floor((STEPS_MAX / choices) ** (1 / loops))
  return lengthMax < 1 ? undefined : { source: sourceOf(tree), lengthMax }
}

/** At worst `choices` times the text's length to the power of `loops`. */
interface Effort {
  readonly choices: number
  readonly loops: number
}

const CONSTANT: Effort = { choices: 1, loops: 0 }

function effortOf(tree: RegexTree): Effort | undefined {
  switch (tree.type) {
    case 'sequence': {
      let sum: Effort | undefined = CONSTANT
      for (const part of tree.parts) sum = product(sum, effortOf(part))
      return sum
    }
    case 'choice': {
      let choices = 0
      let loops = 0
      for (const option of tree.options) {
        const effort = effortOf(option)
        if (effort === undefined) return undefined
        choices += effort.choices
        loops = Math.max(loops, effort.loops)
      }
      return { choices, loops }
    }
    case 'repeat':
      if (tree.min === 0 && tree.max === 1) return product({ choices: 2, loops: 0 }, effortOf(tree.body))
      // Of anything else, like (a|ab)*, the ways to go through it can double with every turn.
      return isSimple(tree.body) ? { choices: 1, loops: 1 } : undefined
    default:
      return CONSTANT
  }
}

function product(left: Effort | undefined, right: Effort | undefined): Effort | undefined {
  if (left === undefined || right === undefined) return undefined
  const choices = left.choices * right.choices
  return choices > STEPS_MAX ? undefined : { choices, loops: left.loops + right.loops }
}

function isSimple(body: RegexTree): boolean {
  if (body.type === 'sequence') return body.parts.length === 1 && body.parts.every(isSimple)
  return body.type === 'set' || (body.type === 'literal' && body.text !== '')
}

function sourceOf(tree: RegexTree): string {
  switch (tree.type) {
    case 'literal':
      return folded(literalSource(tree.text), tree.isFolded)
    case 'set':
      return folded(tree.source, tree.isFolded)
    case 'sequence':
      return tree.parts.map(sourceOf).join('')
    case 'choice':
      return `(?:${tree.options.map(sourceOf).join('|')})`
    case 'repeat':
      return `(?:${sourceOf(tree.body)}){${tree.min},${tree.max === Infinity ? '' : tree.max}}`
    case 'anchor':
      return tree.side
  }
}

/** V8 forgets to fold single characters beyond ASCII in `(?i:ſ)`, and remembers in `(?i:[ſ])`. */
function literalSource(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(/[^ -~\s]/gu, '[$&]')
}

function folded(source: string, isFolded: boolean): string {
  return isFolded ? `(?i:${source})` : source
}
