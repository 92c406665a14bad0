import { goQuote } from '../../../base/go-quote.ts'
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import type { Series } from '../column.ts'
import { METADATA_LABELS } from '../labels-of-results.ts'
import type { VectorMatching } from '../syntax/ast.ts'

/** Which series of two vectors go together, decided once for all steps. */
export class Matcher {
  readonly matching: VectorMatching
  readonly #names: ReadonlySet<string>
  readonly #include: ReadonlySet<string>

  constructor(matching: VectorMatching) {
    this.matching = matching
    this.#names = new Set(matching.on ? matching.labels : [...matching.labels, METRIC_NAME])
    this.#include = new Set(matching.include)
  }

  /** What two series have in common when they match. */
  keyOf(labels: Labels): string {
    return this.matchedLabels(labels).key
  }

  matchedLabels(labels: Labels): Labels {
    return this.matching.on ? labels.only(this.#names) : labels.without(this.#names)
  }

  /** The labels of a result, given those of both series; `many` is the side that may have several of them. */
  resultLabels(many: Labels, one: Labels, dropsMetadata: boolean): Labels {
    let labels = dropsMetadata ? many.without(METADATA_LABELS) : many
    if (this.matching.card === 'one-to-one') {
      const names = new Set(this.matching.labels)
      labels = this.matching.on ? labels.only(names) : labels.without(names)
    }
    for (const name of this.#include) labels = labels.with(name, one.get(name))
    return labels
  }
}

/** The series of both sides that match each other. */
export interface MatchGroup {
  readonly left: Series[]
  readonly right: Series[]
}

/** Groups in the order in which their first series comes, left side first. */
export function matchGroups(
  left: readonly Series[],
  right: readonly Series[],
  matcher: Matcher,
): ReadonlyMap<string, MatchGroup> {
  const groups = new Map<string, MatchGroup>()
  for (const side of ['left', 'right'] as const) {
    for (const series of side === 'left' ? left : right) {
      const key = matcher.keyOf(series.labels)
      let group = groups.get(key)
      if (group === undefined) groups.set(key, (group = { left: [], right: [] }))
      group[side].push(series)
    }
  }
  return groups
}

/** `{job="api", path="/"}`, as labels stand in messages. */
export function printLabels(labels: Labels): string {
  const pairs = Array.from(labels, ([name, value]) => `${printName(name)}=${goQuote(value)}`)
  return `{${pairs.join(', ')}}`
}

function printName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : goQuote(name)
}
