import { compareText } from '../../base/compare-text.ts'
import type { Disk } from '../../world/disk.ts'
import { Block } from './block/block.ts'
import { FROM_OUT_OF_ORDER } from './block/block-meta.ts'
import { isUlid } from './block/ulid.ts'
import { IN_CREATION } from './block/write-block.ts'
import type { SizedBlock } from './compaction/retention.ts'

/** The end of the name of a block that is being deleted. */
const IN_DELETION = '.tmp-for-deletion'

/** The blocks of a directory, oldest first. */
export class BlockSet {
  readonly #disk: Disk
  readonly #path: string
  #blocks: readonly Block[] = []

  private constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** Opens all blocks; what a crash left half made, half deleted or twice over is cleared away. */
  static async open(disk: Disk, path: string): Promise<BlockSet> {
    const set = new BlockSet(disk, path)
    for (const name of (await disk.list(path)) ?? []) {
      const isHalf = [IN_CREATION, IN_DELETION, '.tmp'].some(
        (end) => name.endsWith(end) && isUlid(name.slice(0, -end.length)),
      )
      if (isHalf) await disk.remove(`${path}/${name}`)
    }
    await set.reload()
    return set
  }

  get all(): readonly Block[] {
    return this.#blocks
  }

  /** Where in-order samples lie in blocks up to: samples before it are not taken into the head. */
  get inOrderMaxMs(): number {
    let maxTime = -Infinity
    for (const { meta } of this.#blocks) {
      if (meta.compaction.hints?.includes(FROM_OUT_OF_ORDER) !== true) maxTime = Math.max(maxTime, meta.maxTime)
    }
    return maxTime
  }

  /** Opens blocks that are new in the directory, and lets go those that others were made of. */
  async reload(): Promise<void> {
    const names = ((await this.#disk.list(this.#path)) ?? []).filter(isUlid)
    const open = new Map(this.#blocks.map((block) => [block.meta.ulid, block]))
    const blocks: Block[] = []
    for (const name of names) blocks.push(open.get(name) ?? (await this.#open(name)))
    const parents = new Set(blocks.flatMap(({ meta }) => meta.compaction.parents?.map(({ ulid }) => ulid) ?? []))
    await this.#replace(blocks, (block) => parents.has(block.meta.ulid) || block.meta.compaction.deletable === true)
  }

  async remove(ulids: ReadonlySet<string>): Promise<void> {
    await this.#replace(this.#blocks, (block) => ulids.has(block.meta.ulid))
  }

  async close(): Promise<void> {
    for (const block of this.#blocks) await block.close()
  }

  async sized(): Promise<readonly SizedBlock[]> {
    const sized: SizedBlock[] = []
    for (const { meta, path } of this.#blocks) sized.push({ meta, sizeBytes: await directorySize(this.#disk, path) })
    return sized
  }

  async #open(name: string): Promise<Block> {
    try {
      return await Block.open(this.#disk, `${this.#path}/${name}`)
    } catch (error) {
      throw new Error(`block ${name} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }

  /** Readers see the new set at once; the files of those that go are deleted when nobody reads them any more. */
  async #replace(blocks: readonly Block[], goes: (block: Block) => boolean): Promise<void> {
    const gone = blocks.filter(goes)
    this.#blocks = blocks
      .filter((block) => !gone.includes(block))
      .sort((a, b) => a.meta.minTime - b.meta.minTime || compareText(a.meta.ulid, b.meta.ulid))
    for (const block of gone) {
      await block.close()
      await this.#disk.rename(block.path, `${block.path}${IN_DELETION}`)
      await this.#disk.remove(`${block.path}${IN_DELETION}`)
    }
  }
}

/** Bytes of all files in a directory. */
export async function directorySize(disk: Disk, path: string): Promise<number> {
  let total = 0
  for (const name of (await disk.list(path)) ?? []) {
    const inside = `${path}/${name}`
    if ((await disk.list(inside)) !== undefined) {
      total += await directorySize(disk, inside)
      continue
    }
    const file = await disk.open(inside, 'read')
    total += await file.sizeBytes()
    await file.close()
  }
  return total
}
