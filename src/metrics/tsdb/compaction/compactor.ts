import type { Clock } from '../../../world/clock.ts'
import type { Disk } from '../../../world/disk.ts'
import type { Random } from '../../../world/random.ts'
import type { Block } from '../block/block.ts'
import { type BlockMeta, FROM_OUT_OF_ORDER } from '../block/block-meta.ts'
import { ulid } from '../block/ulid.ts'
import { type BlockContent, writeBlock } from '../block/write-block.ts'
import { mergedContent, mergedMeta } from './merge-blocks.ts'
import { blockRanges, planCompaction } from './plan.ts'

/** Makes blocks: of what the head holds, and of other blocks. */
export class Compactor {
  readonly #world: { readonly disk: Disk; readonly clock: Clock; readonly random: Random }
  readonly #path: string
  readonly #rangesMs: readonly number[]

  constructor(
    world: { readonly disk: Disk; readonly clock: Clock; readonly random: Random },
    path: string,
    ranges: { readonly shortestMs: number; readonly longestMs: number },
  ) {
    this.#world = world
    this.#path = path
    this.#rangesMs = blockRanges(ranges.shortestMs, ranges.longestMs)
  }

  /** A block of the first level; none when there are no samples. */
  write(
    range: { readonly minTime: number; readonly maxTime: number },
    content: BlockContent,
    { isLate = false } = {},
  ): Promise<BlockMeta | undefined> {
    const name = this.#name()
    const compaction = { level: 1, sources: [name], ...(isLate ? { hints: [FROM_OUT_OF_ORDER] } : {}) }
    return writeBlock(
      this.#world,
      { path: this.#path, meta: { version: 1, ulid: name, ...range, compaction } },
      content,
    )
  }

  /** The blocks that should be merged next. */
  plan(blocks: readonly Block[]): readonly Block[] {
    const planned = new Set(
      planCompaction(
        blocks.map(({ meta }) => meta),
        this.#rangesMs,
      ).map((meta) => meta.ulid),
    )
    return blocks.filter(({ meta }) => planned.has(meta.ulid))
  }

  /** One block of several, or of one without what is deleted of it; none when nothing is left. */
  merge(blocks: readonly Block[]): Promise<BlockMeta | undefined> {
    const meta = mergedMeta(
      this.#name(),
      blocks.map((block) => block.meta),
    )
    return writeBlock(this.#world, { path: this.#path, meta }, mergedContent(blocks))
  }

  #name(): string {
    return ulid(this.#world.clock.now(), this.#world.random)
  }
}
