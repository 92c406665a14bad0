import { type AdapterSource, engineSource } from '../../src/metrics/adapter/adapter-source.ts'
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { QueryEngine } from '../../src/metrics/promql/engine.ts'
import { memoryTsdb } from '../../src/metrics/tsdb/tsdb.ts'
import type { Clock } from '../../src/world/clock.ts'

/** A series whose values are set by the test. */
export interface ScriptedSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Now; `undefined` while the series has no samples. */
  value(nowMs: number): number | undefined
}

/** A Prometheus that scrapes a script: real storage and real PromQL over values that the test decides upon. */
export function scriptedPrometheus(
  script: readonly ScriptedSeries[],
  { clock, intervalMs, signal }: { readonly clock: Clock; readonly intervalMs: number; readonly signal: AbortSignal },
): AdapterSource {
  const storage = memoryTsdb()
  const scrape = async (): Promise<void> => {
    const timestampMs = clock.now()
    const appender = storage.appender()
    for (const { labels, value } of script) {
      const now = value(timestampMs)
      if (now !== undefined) appender.append(0, labelsOf(labels), { timestampMs, value: now })
    }
    await appender.commit()
    if (!signal.aborted) clock.schedule(intervalMs, () => void scrape())
  }
  void scrape()
  return engineSource({ engine: new QueryEngine({ clock }), storage, clock })
}
