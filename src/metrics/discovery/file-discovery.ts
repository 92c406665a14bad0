import type { Clock } from '../../world/clock.ts'
import type { FileDiscoveryConfig } from '../config/discoveries.ts'
import { goQuote } from '../../base/go-quote.ts'
import { ConfigError } from '../config/schema.ts'
import { KnownSources, readTargetGroups } from './read-target-groups.ts'
import { sleptUntilNext } from './refresh.ts'
import type { Discoverer, TargetGroup } from './target-group.ts'

/** Files are looked at this often: a change is to be seen soon, and there is nobody to tell of it. */
const LOOK_MS = 5_000

export interface FileDiscoveryPorts {
  readonly clock: Clock
  readText(path: string): Promise<string>
  /** Paths of the files that a pattern names. */
  match(pattern: string): Promise<readonly string[]>
  /** What is wrong with a file; its targets stay as they were. */
  onProblem(problem: string): void
}

/** Targets that files name, as they change (prometheus: discovery/file/file.go). */
export function fileDiscovery(config: FileDiscoveryConfig, ports: FileDiscoveryPorts): Discoverer {
  return {
    async run(update, signal) {
      const known = new KnownSources()
      const texts = new Map<string, string>()
      const periodMs = Math.min(config.refresh_interval, LOOK_MS)
      do {
        const groups = await changedGroups(config, { ports, known, texts })
        if (!signal.aborted && groups !== undefined) update(groups)
      } while (await sleptUntilNext(ports.clock, periodMs, signal))
    },
  }
}

/** Undefined when nothing has changed. */
async function changedGroups(
  config: FileDiscoveryConfig,
  { ports, known, texts }: { ports: FileDiscoveryPorts; known: KnownSources; texts: Map<string, string> },
): Promise<readonly TargetGroup[] | undefined> {
  const files = new Set((await Promise.all(config.files.map((pattern) => ports.match(pattern)))).flat())
  const groups: TargetGroup[] = []
  let hasChanged = false
  for (const file of files) {
    try {
      const text = await ports.readText(file)
      if (texts.get(file) === text) continue
      texts.set(file, text)
      groups.push(...known.update(file, readTargetGroups(text, { source: file, extra: { __meta_filepath: file } })))
      hasChanged = true
    } catch (failure) {
      // A file that is half written, or gone by now: the next look will tell.
      const reason = failure instanceof Error ? failure.message : String(failure)
      if (!(failure instanceof ConfigError) && !isFileError(failure)) throw failure
      ports.onProblem(`file service discovery: ${goQuote(file)}: ${reason}`)
    }
  }
  for (const file of known.origins()) {
    if (files.has(file) || !texts.delete(file)) continue
    groups.push(...known.update(file, []))
    hasChanged = true
  }
  return hasChanged ? groups : undefined
}

function isFileError(failure: unknown): boolean {
  return failure instanceof Error && 'code' in failure
}
