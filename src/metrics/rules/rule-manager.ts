import { compareText } from '../../base/compare-text.ts'
import type { RuleFile, RuleGroupConfig } from './rule-file.ts'
import { type RuleContext, RuleGroup } from './rule-group.ts'
import { rulesOf } from './rules-of-group.ts'

export interface RuleManagerConfig {
  /** Files of rules by path. */
  readonly files: ReadonlyMap<string, RuleFile>
  /** For groups that name none. */
  readonly evaluationIntervalMs: number
  /** For groups that name none. */
  readonly queryOffsetMs: number
  readonly externalLabels: Readonly<Record<string, string>>
  /** As templates show it. */
  readonly externalUrl: string
  /** An expression as it is shown, and evaluated. */
  readonly printQuery: (expr: string) => string
}

interface Running {
  readonly group: RuleGroup
  readonly abort: AbortController
  readonly done: Promise<void>
}

/** Evaluates the rules of a configuration. What stays the same in the next configuration goes on undisturbed. */
export class RuleManager {
  readonly #context: RuleContext
  #running = new Map<string, Running>()
  /** Groups that are gone and whose series are about to end. */
  readonly #ending = new Set<Promise<void>>()
  readonly #stopped = new AbortController()
  #isFirst = true

  constructor(context: RuleContext) {
    this.#context = context
  }

  /** Takes over a configuration; groups that are the same in it keep running. */
  async apply(config: RuleManagerConfig): Promise<void> {
    const before = this.#running
    const groups = this.#groupsOf(config)
    this.#isFirst = false
    this.#running = new Map()
    const left = new Map(before)
    for (const [key, group] of groups) {
      const present = left.get(key)
      left.delete(key)
      if (present !== undefined && present.group.fingerprint === group.fingerprint) {
        this.#running.set(key, present)
        continue
      }
      if (present !== undefined) {
        await stop(present)
        group.takeOver(present.group)
      }
      this.#running.set(key, this.#start(group))
    }
    for (const gone of left.values()) this.#end(gone)
  }

  /** All groups, sorted by file and name. */
  groups(): readonly RuleGroup[] {
    return [...this.#running.values()]
      .map(({ group }) => group)
      .sort((a, b) => compareText(a.file, b.file) || compareText(a.name, b.name))
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all([...[...this.#running.values()].map(stop), ...this.#ending])
    this.#running.clear()
  }

  #start(group: RuleGroup): Running {
    const abort = new AbortController()
    return { group, abort, done: untilAborted(group.run(abort.signal), abort.signal) }
  }

  #end(gone: Running): void {
    const { signal } = this.#stopped
    const ended = stop(gone).then(() => untilAborted(gone.group.end(signal), signal))
    const kept = ended.finally(() => this.#ending.delete(kept))
    this.#ending.add(kept)
  }

  #groupsOf(config: RuleManagerConfig): ReadonlyMap<string, RuleGroup> {
    const groups = new Map<string, RuleGroup>()
    for (const [file, { groups: configs }] of config.files) {
      for (const group of configs) groups.set(`${file};${group.name}`, this.#groupOf(file, group, config))
    }
    return groups
  }

  #groupOf(file: string, group: RuleGroupConfig, config: RuleManagerConfig): RuleGroup {
    const { name, limit, intervalMs = config.evaluationIntervalMs, queryOffsetMs = config.queryOffsetMs } = group
    const { externalLabels, externalUrl } = config
    return new RuleGroup(
      {
        name,
        file,
        intervalMs,
        queryOffsetMs,
        limit,
        rules: rulesOf(group, { ...config, isRestored: !this.#isFirst }),
        fingerprint: JSON.stringify([group, intervalMs, queryOffsetMs, externalLabels, externalUrl]),
        restores: this.#isFirst,
      },
      this.#context,
    )
  }
}

async function stop({ abort, done }: Running): Promise<void> {
  abort.abort()
  await done
}

/** A loop that ends because it was told to has not failed. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work
  } catch (failure) {
    if (!signal.aborted) throw failure
  }
}
