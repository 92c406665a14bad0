import { type Labels, METRIC_NAME } from '../model/labels.ts'
import { type Evaluation, newRuleState, type RuleState, type WrittenSample } from './rule-query.ts'

/** A rule that writes what its expression gives as a series of its own. */
export class RecordingRule {
  readonly type = 'recording'
  readonly name: string
  readonly expr: string
  readonly labels: Labels
  readonly state: RuleState = newRuleState()

  constructor(options: { name: string; expr: string; labels: Labels }) {
    this.name = options.name
    this.expr = options.expr
    this.labels = options.labels
  }

  /** What is to be written. Throws when the expression fails or gives too much. */
  async evaluate({ atMs, queryOffsetMs, limit, query, signal }: Evaluation): Promise<readonly WrittenSample[]> {
    const timestampMs = atMs - queryOffsetMs
    const samples = await query(this.expr, timestampMs, signal)
    const seen = new Set<string>()
    const written = samples.map((sample) => {
      let labels = sample.labels.with(METRIC_NAME, this.name)
      for (const [name, value] of this.labels) labels = labels.with(name, value)
      seen.add(labels.key)
      return { ...sample, labels, timestampMs }
    })
    if (seen.size < written.length)
      throw new Error('vector contains metrics with the same labelset after applying rule labels')
    if (limit > 0 && written.length > limit) throw new Error(`exceeded limit of ${limit} with ${written.length} series`)
    return written
  }
}
