import type { ScrapeConfig } from '../config/scrape-config.ts'
import type { Labels } from '../model/labels.ts'
import type { TargetGroup } from '../discovery/target-group.ts'
import { ScrapeLoop, type ScrapePorts } from './scrape-loop.ts'
import { type FamilyMetadata, ScrapeCache } from './scrape-cache.ts'
import {
  discoveredLabels,
  type DroppedTarget,
  identifyTarget,
  publicLabels,
  type ScrapeTarget,
  TargetError,
  type TargetIdentity,
} from './scrape-target.ts'

/** All targets of one job. */
export class ScrapePool {
  readonly #shutdown: AbortSignal
  #config: ScrapeConfig
  #ports: ScrapePorts
  #loops = new Map<string, ActiveTarget>()
  #dropped: DroppedTarget[] = []
  #droppedCount = 0
  /** Why discovered targets are none, for who runs this. */
  #problems: string[] = []
  readonly #ending = new Set<Promise<void>>()
  #looks = new WeakMap<Readonly<Record<string, string>>, Look>()

  constructor(config: ScrapeConfig, options: { ports: ScrapePorts; shutdown: AbortSignal }) {
    this.#config = config
    this.#ports = options.ports
    this.#shutdown = options.shutdown
  }

  get name(): string {
    return this.#config.job_name
  }

  get config(): ScrapeConfig {
    return this.#config
  }

  /** What was discovered and cannot be scraped, and why. */
  get problems(): readonly string[] {
    return this.#problems
  }

  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Scrapes these targets from here on: known ones go on undisturbed. */
  sync(groups: readonly TargetGroup[]): void {
    const found = this.#targetsOf(groups)
    for (const [key, { loop }] of this.#loops) {
      if (found.has(key)) continue
      this.#loops.delete(key)
      this.#end(loop)
    }
    const added: ScrapeLoop[] = []
    for (const [key, { identity, discovered }] of found) {
      const known = this.#loops.get(key)
      if (known !== undefined) {
        known.discovered = discovered
        continue
      }
      const loop = this.#loopFor(identity)
      this.#loops.set(key, { loop, discovered })
      added.push(loop)
    }
    this.#limitTargets()
    for (const loop of added) loop.start()
  }

  /** Goes on with another configuration of the same job: targets stay, and series that stay do not end. */
  reload(config: ScrapeConfig, options: { ports: ScrapePorts; groups: readonly TargetGroup[] }): void {
    const before = this.#loops
    this.#config = config
    this.#ports = options.ports
    this.#looks = new WeakMap()
    this.#loops = new Map()
    for (const [key, { identity, discovered }] of this.#targetsOf(options.groups)) {
      const known = before.get(key)
      before.delete(key)
      if (known !== undefined) this.#track(known.loop.stop({ marksEnd: false }))
      const loop = this.#loopFor(identity, known?.loop.cache.successor())
      this.#loops.set(key, { loop, discovered })
    }
    for (const { loop } of before.values()) this.#end(loop)
    this.#limitTargets()
    for (const { loop } of this.#loops.values()) loop.start()
  }

  targets(): readonly ScrapeTarget[] {
    return [...this.#loops.values()]
      .map(({ loop, discovered }) => ({
        labels: publicLabels(loop.target.labels),
        discoveredLabels: discovered,
        scrapePool: this.name,
        scrapeUrl: loop.target.url,
        scrapeIntervalMs: loop.target.intervalMs,
        scrapeTimeoutMs: loop.target.timeoutMs,
        health: loop.health,
        lastError: loop.lastError,
        lastScrapeMs: loop.lastScrapeMs,
        lastScrapeDurationMs: loop.lastScrapeDurationMs,
      }))
      .sort((a, b) => (a.scrapeUrl < b.scrapeUrl ? -1 : 1))
  }

  droppedTargets(): readonly DroppedTarget[] {
    return this.#dropped
  }

  metadata(): readonly { readonly target: Labels; readonly families: readonly FamilyMetadata[] }[] {
    return [...this.#loops.values()].map(({ loop }) => ({
      target: publicLabels(loop.target.labels),
      families: loop.cache.families(),
    }))
  }

  /** Stops all loops. `marksEnd`: the job is gone, so its series end; otherwise the process ends, and they may go on. */
  async stop(options: { marksEnd: boolean }): Promise<void> {
    const loops = [...this.#loops.values()].map(({ loop }) => loop)
    this.#loops.clear()
    if (options.marksEnd) for (const loop of loops) this.#end(loop)
    else await Promise.all(loops.map((loop) => loop.stop({ marksEnd: false })))
  }

  /** Resolves when everything that was begun has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending)
  }

  #loopFor(identity: TargetIdentity, cache = new ScrapeCache()): ScrapeLoop {
    return new ScrapeLoop(identity, { config: this.#config, ports: this.#ports, cache })
  }

  #end(loop: ScrapeLoop): void {
    this.#track(loop.stop({ marksEnd: true }).then(() => loop.markEnd(this.#shutdown)))
  }

  #track(ending: Promise<void>): void {
    const tracked = ending.finally(() => this.#ending.delete(tracked))
    this.#ending.add(tracked)
  }

  #targetsOf(groups: readonly TargetGroup[]): Map<string, FoundTarget> {
    const found = new Map<string, FoundTarget>()
    const { keep_dropped_targets: keepMax } = this.#config
    this.#dropped = []
    this.#droppedCount = 0
    this.#problems = []
    for (const group of groups) {
      for (const [index, own] of group.targets.entries()) {
        const { discovered, identity, problem } = this.#look(own, group.labels)
        if (problem !== undefined) {
          this.#problems.push(`instance ${index} in group ${group.source}: ${problem}`)
        } else if (identity !== undefined) found.set(identity.key, { identity, discovered })
        else {
          this.#droppedCount++
          if (keepMax === 0 || this.#dropped.length < keepMax) {
            this.#dropped.push({ scrapePool: this.name, discoveredLabels: discovered })
          }
        }
      }
    }
    return found
  }

  /** What a target becomes by relabeling: worked out once, as long as its group says the same. */
  #look(own: Readonly<Record<string, string>>, group: Readonly<Record<string, string>>): Look {
    let look = this.#looks.get(own)
    if (look?.group !== group) {
      const discovered = discoveredLabels(this.#config, { own, group })
      look = { group, discovered, ...this.#identify(discovered) }
      this.#looks.set(own, look)
    }
    return look
  }

  #identify(discovered: Labels): Pick<Look, 'identity' | 'problem'> {
    try {
      return { identity: identifyTarget(this.#config, discovered), problem: undefined }
    } catch (failure) {
      if (!(failure instanceof TargetError)) throw failure
      return { identity: undefined, problem: failure.message }
    }
  }

  #limitTargets(): void {
    const limit = this.#config.target_limit
    const count = this.#loops.size
    const error =
      limit > 0 && count > limit ? `target_limit exceeded (number of targets: ${count}, limit: ${limit})` : undefined
    for (const { loop } of this.#loops.values()) loop.force(error)
  }
}

interface FoundTarget {
  readonly identity: TargetIdentity
  readonly discovered: Labels
}

interface Look extends Pick<FoundTarget, 'discovered'> {
  readonly group: Readonly<Record<string, string>>
  /** Undefined for a target that relabeling drops, and for one that is none. */
  readonly identity: TargetIdentity | undefined
  readonly problem: string | undefined
}

interface ActiveTarget {
  readonly loop: ScrapeLoop
  discovered: Labels
}
