import { describe, expect, test } from 'vitest'
import type { BlockMeta } from '../block/block-meta.ts'
import { blockRanges, planCompaction } from './plan.ts'
import { beyondRetention } from './retention.ts'

/** A block named for its range: `20-40`. */
function block(range: string, stats: BlockMeta['stats'] = {}): BlockMeta {
  const [minTime = 0, maxTime = 0] = range.split('-').map(Number)
  return { version: 1, ulid: range, minTime, maxTime, stats, compaction: { level: 1, sources: [] } }
}

describe('planCompaction', () => {
  test.each([
    { name: 'nothing of nothing', blocks: [], planned: [] },
    { name: 'nothing of one block', blocks: ['0-20'], planned: [] },
    { name: 'nothing while a range is not full', blocks: ['0-20', '20-40'], planned: [] },
    { name: 'not the newest block', blocks: ['0-20', '20-40', '40-60'], planned: [] },
    { name: 'a range that is full', blocks: ['0-20', '20-40', '40-60', '60-80'], planned: ['0-20', '20-40', '40-60'] },
    {
      name: 'a range with a gap, once a later one has begun',
      blocks: ['0-20', '40-60', '60-80', '80-100'],
      planned: ['0-20', '40-60'],
    },
    { name: 'a range in which a block is alone, not', blocks: ['0-20', '60-80', '80-100'], planned: [] },
    {
      name: 'the small range before the large',
      blocks: ['0-60', '60-80', '80-100', '100-120', '120-140'],
      planned: ['60-80', '80-100', '100-120'],
    },
    {
      name: 'the large range',
      blocks: ['0-60', '60-120', '120-180', '180-200'],
      planned: ['0-60', '60-120', '120-180'],
    },
    {
      name: 'what overlaps before all else',
      blocks: ['0-20', '20-40', '40-60', '50-70', '60-80'],
      planned: ['40-60', '50-70', '60-80'],
    },
    { name: 'two blocks of one range', blocks: ['0-20', '0-20'], planned: ['0-20', '0-20'] },
  ])('plans $name', ({ blocks, planned }) => {
    const metas = blocks.map((range) => block(range))
    expect(planCompaction(metas, [20, 60, 180]).map(({ ulid }) => ulid)).toEqual(planned)
  })

  test('plans a block of which much is deleted, once it is large', () => {
    const stats = { numSeries: 10, numTombstones: 3 }
    expect(planCompaction([block('0-60', stats), block('60-80')], [20, 60, 180])).toHaveLength(1)
    expect(planCompaction([block('0-20', stats), block('60-80')], [20, 60, 180])).toHaveLength(0)
  })
})

test('ranges of blocks grow by three, up to the longest', () => {
  expect(blockRanges(20, 200)).toEqual([20, 60, 180])
  expect(blockRanges(20, 10)).toEqual([20])
})

describe('beyondRetention', () => {
  const blocks = ['0-20', '20-40', '40-60'].map((range) => ({ meta: block(range), sizeBytes: 100 }))

  test.each([
    { name: 'nothing without limits', timeMs: 0, sizeBytes: 0, gone: [] },
    { name: 'what ended too long before the newest', timeMs: 40, sizeBytes: 0, gone: ['0-20'] },
    { name: 'never the newest for its age', timeMs: 1, sizeBytes: 0, gone: ['0-20', '20-40'] },
    { name: 'the oldest when all is too large', timeMs: 0, sizeBytes: 260, gone: ['0-20'] },
    { name: 'all that is older than what goes', timeMs: 0, sizeBytes: 160, gone: ['0-20', '20-40'] },
  ])('lets go $name', ({ timeMs, sizeBytes, gone }) => {
    expect([...beyondRetention(blocks, { timeMs, sizeBytes }, 50)].sort()).toEqual(gone)
  })
})
