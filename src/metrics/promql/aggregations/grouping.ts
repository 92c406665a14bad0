import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import type { AggregateExpr } from '../syntax/ast.ts'

/** Which series belong together: those that agree on some labels, or on all but some. */
export class Grouping {
  readonly #without: boolean
  readonly #names: ReadonlySet<string>
  readonly #list: readonly string[]

  constructor({ grouping, without }: Pick<AggregateExpr, 'grouping' | 'without'>) {
    this.#without = without
    this.#list = [...new Set(grouping)].sort()
    this.#names = new Set(without ? [...grouping, METRIC_NAME] : grouping)
  }

  keyOf(labels: Labels): string {
    if (this.#without) return labels.without(this.#names).key
    const [only] = this.#list
    if (only === undefined) return ''
    if (this.#list.length === 1) return labels.get(only)
    let key = ''
    for (const name of this.#list) key += `${labels.get(name)}\u0000\u00ff`
    return key
  }

  labelsOf(labels: Labels): Labels {
    return this.#without ? labels.without(this.#names) : labels.only(this.#names)
  }
}
