import { LabelBuilder } from '../../model/label-builder.ts'
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import { printLabels } from '../binary/matching.ts'
import { ABSENT, Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { duplicateLabels, executionError } from '../query-error.ts'
import type { Call } from '../syntax/ast.ts'
import { argument } from './arguments.ts'
import { IDENTIFYING_LABELS, infoNameMatchers, type InfoSeries, selectInfo } from './info-series.ts'

/** `info(v)`: every series with the labels that info metrics, such as `target_info`, have for its job and instance. */
export async function info(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const vector = argument(call, 0)
  const base = await evaluation.vector(vector, grid)
  const selector = call.args[1]
  const wanted = selector?.type === 'VectorSelector' ? selector.matchers : []
  const names = infoNameMatchers(wanted.filter(({ name }) => name === METRIC_NAME))
  const enriched = base.filter(({ labels }) => !isInfo(labels, names))
  const dataMatchers = wanted.filter(({ name }) => name !== METRIC_NAME)
  const infos = await selectInfo(evaluation, { vector, base: enriched, names, dataMatchers, grid })
  const enrichment = new Enrichment(infos, dataMatchers, grid)
  const isEnriched = new Set(enriched)
  for (const series of base) {
    if (isEnriched.has(series)) enrichment.enrich(series)
    else enrichment.keep(series)
    if (evaluation.spend(4 * grid.steps)) await evaluation.pause()
  }
  return enrichment.finish()
}

/** Info series themselves are given as they are. */
function isInfo(labels: Labels, names: readonly Matcher[]): boolean {
  return names.every((matcher) => matcher.matches(labels.metricName))
}

interface Enriched {
  readonly labels: Labels
  readonly dropName: boolean
  readonly column: Column
}

class Enrichment {
  readonly #grid: Grid
  readonly #dataMatchers: readonly Matcher[]
  readonly #dataLabels: ReadonlySet<string>
  /** Info series by the labels they share with what they are about, then by their metric. */
  readonly #infos = new Map<string, Map<string, InfoSeries[]>>()
  readonly #results = new Map<string, Enriched>()

  constructor(infos: readonly InfoSeries[], dataMatchers: readonly Matcher[], grid: Grid) {
    this.#grid = grid
    this.#dataMatchers = dataMatchers
    this.#dataLabels = new Set(dataMatchers.map(({ name }) => name))
    for (const one of infos) {
      const key = identity(one.labels)
      let byMetric = this.#infos.get(key)
      if (byMetric === undefined) this.#infos.set(key, (byMetric = new Map()))
      const ofMetric = byMetric.get(one.labels.metricName)
      if (ofMetric === undefined) byMetric.set(one.labels.metricName, [one])
      else ofMetric.push(one)
    }
  }

  keep({ labels, dropName, column }: Series): void {
    for (let step = 0; step < column.steps; step++)
      if (column.kinds[step] !== ABSENT) this.#put(labels, { dropName, column, step })
  }

  enrich({ labels, dropName, column }: Series): void {
    const metrics = [...(this.#infos.get(identity(labels))?.values() ?? [])]
    // Which info series are there seldom changes from step to step.
    let before: readonly (InfoSeries | undefined)[] | undefined
    let enriched: Labels | undefined
    for (let step = 0; step < column.steps; step++) {
      if (column.kinds[step] === ABSENT) continue
      const found = metrics.map((series) => newest(series, step))
      if (before === undefined || found.some((one, index) => one !== before?.[index])) {
        enriched = this.#enrichedLabels(labels, found.filter(isPresent))
        before = found
      }
      if (enriched !== undefined) this.#put(enriched, { dropName, column, step })
    }
  }

  finish(): Series[] {
    return [...this.#results.values()]
  }

  /** Undefined when nothing was found, and the query asks for something that would have to be. */
  #enrichedLabels(base: Labels, found: readonly InfoSeries[]): Labels | undefined {
    if (found.length === 0) return this.#dataMatchers.every((matcher) => matcher.matches('')) ? base : undefined
    const builder = new LabelBuilder(base)
    const added = new Map<string, string>()
    for (const { labels } of found) {
      for (const [name, value] of labels) {
        if (name === METRIC_NAME || (this.#dataLabels.size > 0 && !this.#dataLabels.has(name))) continue
        const known = added.get(name)
        if (known !== undefined && known !== value) throw executionError(`conflicting label: ${name}`)
        if (base.has(name)) continue
        added.set(name, value)
        builder.set(name, value)
      }
    }
    return builder.build()
  }

  #put(labels: Labels, { dropName, column, step }: { dropName: boolean; column: Column; step: number }): void {
    let result = this.#results.get(labels.key)
    if (result === undefined) {
      result = { labels, dropName, column: new Column(this.#grid.steps) }
      this.#results.set(labels.key, result)
    }
    if (result.column.kinds[step] !== ABSENT) throw duplicateLabels()
    result.column.copyStep(step, column)
  }
}

/** Of several info series about the same thing the one with the newest sample counts. */
function newest(series: readonly InfoSeries[], step: number): InfoSeries | undefined {
  let best: InfoSeries | undefined
  for (const one of series) {
    const timeMs = one.sampledMs[step] as number
    if (Number.isNaN(timeMs)) continue
    const bestMs = best === undefined ? -Infinity : (best.sampledMs[step] as number)
    if (best !== undefined && timeMs === bestMs) {
      const [old, fresh] = [printLabels(best.labels), printLabels(one.labels)]
      throw executionError(
        `found duplicate series for info metric: existing ${old} @ ${bestMs}, new ${fresh} @ ${timeMs}`,
      )
    }
    if (timeMs > bestMs) best = one
  }
  return best
}

function isPresent(series: InfoSeries | undefined): series is InfoSeries {
  return series !== undefined
}

function identity(labels: Labels): string {
  return labels.only(IDENTIFYING_LABELS).key
}
