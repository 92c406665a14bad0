import type { Labels } from '../../model/labels.ts'
import type { Annotation } from '../annotations.ts'
import { ABSENT, Column, FLOAT, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { duplicateLabels, executionError } from '../query-error.ts'
import type { BinaryExpr, VectorMatching } from '../syntax/ast.ts'
import { operateOnHistograms } from './elements.ts'
import { type MatchGroup, matchGroups, Matcher, printLabels } from './matching.ts'
import { isArithmetic, isComparison, type ScalarOperation, scalarOperation } from './operations.ts'

/** Arithmetic and comparisons between two vectors. */
export async function matchVectors(evaluation: Evaluation, expr: BinaryExpr, grid: Grid): Promise<Series[]> {
  const lhs = await evaluation.vector(expr.lhs, grid)
  const rhs = await evaluation.vector(expr.rhs, grid)
  const matching = expr.matching ?? { card: 'one-to-one', on: false, labels: [], include: [] }
  // The left side of a pair is the one of which there may be many; values are put right when they are computed.
  const isSwapped = matching.card === 'one-to-many'
  const [many, one] = isSwapped ? [rhs, lhs] : [lhs, rhs]
  const matcher = new Matcher(matching)
  const groups = matchGroups(many, one, matcher)
  const pairing = new Pairing(evaluation, { expr, matching, matcher, grid, isSwapped })
  requireOne(groups, { matching, many, steps: grid.steps })
  for (const series of many) {
    pairing.pairAll(series, groups.get(matcher.keyOf(series.labels)))
    if (evaluation.spend(10 + 2 * grid.steps)) await evaluation.pause()
  }
  if (matching.fillLeft !== undefined) {
    for (const series of one) pairing.fillMany(series, groups.get(matcher.keyOf(series.labels)), matching.fillLeft)
  }
  return pairing.finish()
}

/** On the side that may have one series for each match, two of them at one step are an error. */
function requireOne(
  groups: ReadonlyMap<string, MatchGroup>,
  { matching, many, steps }: { matching: VectorMatching; many: readonly Series[]; steps: number },
): void {
  let earliest: { step: number; first: Series; second: Series } | undefined
  for (const { right } of groups.values()) {
    if (right.length < 2) continue
    for (let step = 0; step < (earliest?.step ?? steps); step++) {
      const [first, second] = right.filter(({ column }) => column.kinds[step] !== ABSENT)
      if (first === undefined || second === undefined || !isMatched(step, matching, many)) continue
      earliest = { step, first, second }
    }
  }
  if (earliest === undefined) return
  const { first, second } = earliest
  const side = matching.card === 'one-to-many' ? 'left' : 'right'
  const shared = printLabels(new Matcher(matching).matchedLabels(second.labels))
  const doubles = [printLabels(first.labels), printLabels(second.labels)].sort().join(', ')
  throw executionError(
    `found duplicate series for the match group ${shared} on the ${side} hand-side of the operation: [${doubles}]` +
      ';many-to-many matching not allowed: matching labels must be unique on one side',
  )
}

/** Where one side is empty nothing is matched, and so nothing can be wrong. */
function isMatched(step: number, { fillLeft, fillRight }: VectorMatching, many: readonly Series[]): boolean {
  return fillLeft !== undefined || fillRight !== undefined || many.some(({ column }) => column.kinds[step] !== ABSENT)
}

interface Result {
  readonly labels: Labels
  readonly column: Column
}

interface PairingOptions {
  readonly expr: BinaryExpr
  readonly matching: VectorMatching
  readonly matcher: Matcher
  readonly grid: Grid
  readonly isSwapped: boolean
}

/** Computes pair after pair of series, and sees to it that no two results at a step have the same labels. */
class Pairing {
  readonly #evaluation: Evaluation
  readonly #options: PairingOptions
  readonly #results = new Map<string, Result>()
  /** By match group, or by that and the labels of the result: the steps that have a match. */
  readonly #matched = new Map<MatchGroup, Map<string, Uint8Array>>()
  /** Of each step the last thing to be said, as upstream says it. */
  readonly #annotations: (Annotation | undefined)[] = []
  readonly #operation: ScalarOperation | undefined
  readonly #isFilter: boolean
  readonly #dropsMetadata: boolean

  constructor(evaluation: Evaluation, options: PairingOptions) {
    this.#evaluation = evaluation
    this.#options = options
    const { op, returnBool } = options.expr
    this.#operation = op === '</' || op === '>/' ? undefined : scalarOperation(op)
    this.#isFilter = isComparison(op) && !returnBool
    this.#dropsMetadata = isArithmetic(op) || (returnBool && !evaluation.settings.delayedNameRemoval)
  }

  /** Pairs a series with whatever matches it, or with the number that stands for what is missing. */
  pairAll(series: Series, group: MatchGroup | undefined): void {
    if (group === undefined) return
    const { fillRight } = this.#options.matching
    for (const one of group.right) this.#pair(group, series, one)
    if (fillRight === undefined) return
    const missing = this.#gaps(series.column, group.right, fillRight)
    if (missing !== undefined)
      this.#pair(group, series, { ...series, labels: this.#matchedOnly(series), column: missing })
  }

  /** Pairs a series of the "one" side with a number where nothing matched it. */
  fillMany(series: Series, group: MatchGroup | undefined, fill: number): void {
    if (group === undefined) return
    const missing = new Column(series.column.steps)
    const matched = [...(this.#matched.get(group)?.values() ?? [])]
    for (let step = 0; step < missing.steps; step++) {
      if (series.column.kinds[step] !== ABSENT && !matched.some((steps) => steps[step] === 1))
        missing.setFloat(step, fill)
    }
    if (missing.count > 0) this.#pair(group, { ...series, labels: this.#matchedOnly(series), column: missing }, series)
  }

  finish(): Series[] {
    for (const annotation of this.#annotations) if (annotation !== undefined) this.#evaluation.annotate(annotation)
    const { returnBool } = this.#options.expr
    return [...this.#results.values()]
      .filter(({ column }) => column.count > 0)
      .map(({ labels, column }) => ({ labels, column, dropName: returnBool }))
  }

  #matchedOnly({ labels }: Series): Labels {
    return this.#options.matcher.matchedLabels(labels)
  }

  #gaps(column: Column, others: readonly Series[], fill: number): Column | undefined {
    const missing = new Column(column.steps)
    for (let step = 0; step < column.steps; step++) {
      const isAlone = column.kinds[step] !== ABSENT && others.every((other) => other.column.kinds[step] === ABSENT)
      if (isAlone) missing.setFloat(step, fill)
    }
    return missing.count === 0 ? undefined : missing
  }

  #pair(group: MatchGroup, many: Series, one: Series): void {
    const labels = this.#options.matcher.resultLabels(many.labels, one.labels, this.#dropsMetadata)
    const out = this.#resultFor(labels)
    const matched = this.#matchedSteps(group, labels)
    const { isSwapped } = this.#options
    const [left, right] = isSwapped ? [one.column, many.column] : [many.column, one.column]
    const operation = this.#operation
    for (let step = 0; step < left.steps; step++) {
      const leftKind = left.kinds[step]
      const rightKind = right.kinds[step]
      if (leftKind === ABSENT || rightKind === ABSENT) continue
      if (leftKind !== FLOAT || rightKind !== FLOAT || operation === undefined) {
        this.#pairElements(left, right, { step, out, matched })
        continue
      }
      const value = left.values[step] as number
      const result = operation(value, right.values[step] as number)
      if (matched !== undefined) this.#note(matched, step)
      if (this.#isFilter && result === 0) continue
      if (out.kinds[step] !== ABSENT) throw duplicateLabels()
      out.setFloat(step, this.#isFilter ? value : result)
    }
  }

  #pairElements(
    left: Column,
    right: Column,
    { step, out, matched }: { step: number; out: Column; matched: Uint8Array | undefined },
  ): void {
    const { expr } = this.#options
    const result = operateOnHistograms(
      left.histogramAt(step) ?? (left.values[step] as number),
      right.histogramAt(step) ?? (right.values[step] as number),
      expr,
    )
    if (result.annotation !== undefined) this.#annotations[step] = result.annotation
    if (result.value === undefined) return
    if (matched !== undefined) this.#note(matched, step)
    if (result.holds === false && !expr.returnBool) return
    if (out.kinds[step] !== ABSENT) throw duplicateLabels()
    if (expr.returnBool) out.setFloat(step, result.holds === false ? 0 : 1)
    else if (typeof result.value === 'number') out.setFloat(step, result.value)
    else out.setHistogram(step, result.value)
  }

  #resultFor(labels: Labels): Column {
    let result = this.#results.get(labels.key)
    if (result === undefined) {
      result = { labels, column: new Column(this.#options.grid.steps) }
      this.#results.set(labels.key, result)
    }
    return result.column
  }

  /** Undefined where nobody needs to know: one series on either side cannot match twice. */
  #matchedSteps(group: MatchGroup, labels: Labels): Uint8Array | undefined {
    const { matching, grid } = this.#options
    if (group.left.length < 2 && matching.fillLeft === undefined) return undefined
    let byLabels = this.#matched.get(group)
    if (byLabels === undefined) this.#matched.set(group, (byLabels = new Map()))
    const key = matching.card === 'one-to-one' ? '' : labels.key
    let matched = byLabels.get(key)
    if (matched === undefined) byLabels.set(key, (matched = new Uint8Array(grid.steps)))
    return matched
  }

  #note(matched: Uint8Array, step: number): void {
    if (matched[step] === 1) {
      throw executionError(
        this.#options.matching.card === 'one-to-one'
          ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
          : 'multiple matches for labels: grouping labels must ensure unique matches',
      )
    }
    matched[step] = 1
  }
}
