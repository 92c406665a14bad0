import { compilePattern, patternProblem } from '../../api/cel/patterns.ts'
import { type BoundedRegex, boundedRegex } from './matcher-backtracking.ts'
import { matcherOfPieces, type Pieces, piecesOf } from './matcher-pieces.ts'
import { readRegex } from './matcher-tree.ts'

/** A regular expression over values of labels: RE2's syntax, the whole value has to match, `.` matches newlines. */
export interface ValueRegex {
  matches(value: string): boolean
  /** The values that it stands for, when they are few. */
  readonly values?: readonly string[]
}

/** A regular expression that is malformed, in RE2's words. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
}

/**
 * Most expressions in queries are texts, alternatives of texts, or texts with gaps: they are matched as such. Of the rest,
 * JavaScript's engine takes those on which it cannot be slow, and one of linear time the others.
 */
export function valueRegex(source: string): ValueRegex {
  if (!SPECIAL.test(source)) return ofValues(source.split('|'))
  const problem = patternProblem(source)
  // Go always quotes the part that is wrong, even where that is nothing.
  if (problem !== undefined) throw new RegexError(problem.endsWith('`') ? problem : `${problem}: \`\``)
  const tree = readRegex(source)
  if (tree === undefined) return { matches: linear(source) }
  const forms = piecesOf(tree)
  if (forms !== undefined) return ofForms(forms)
  const bounded = boundedRegex(tree)
  return { matches: bounded === undefined ? linear(source) : quick(source, bounded) }
}

/** What makes an expression more than texts with `|` between them. */
const SPECIAL = /[\\^$.*+?()[\]{}]/

function ofValues(values: readonly string[]): ValueRegex {
  const known = new Set(values)
  return { values: [...known], matches: (value) => known.has(value) }
}

function ofForms(forms: readonly Pieces[]): ValueRegex {
  const values = forms.filter(({ gaps }) => gaps.length === 0).flatMap(({ texts }) => texts)
  const open = forms.filter(({ gaps }) => gaps.length > 0).map(matcherOfPieces)
  const [first] = open
  if (first === undefined) return ofValues(values)
  if (values.length === 0 && open.length === 1) return { matches: first }
  const known = new Set(values)
  return { matches: (value) => known.has(value) || open.some((matches) => matches(value)) }
}

function quick(source: string, bounded: BoundedRegex): (value: string) => boolean {
  const long = linear(source)
  let compiled: RegExp | undefined
  return (value) => {
    if (value.length > bounded.lengthMax) return long(value)
    compiled ??= new RegExp(`^(?:${bounded.source})$`, 'su')
    return compiled.test(value)
  }
}

function linear(source: string): (value: string) => boolean {
  let compiled: { test(value: string): boolean } | undefined
  return (value) => {
    compiled ??= compilePattern(`^(?s:${source})$`)
    return compiled.test(value)
  }
}
