import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../../world/random.ts'
import { RehearsedDisk } from '../../../world/rehearsed-disk.ts'
import { PAGE_BYTES, segmentName, segmentsIn } from './log-format.ts'
import { type Corruption, readSegment } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'

async function readAll(disk: RehearsedDisk): Promise<{ records: string[]; corruption: Corruption | undefined }> {
  const records: string[] = []
  for (const segment of segmentsIn((await disk.list('/wal')) ?? [])) {
    const corruption = await readSegment({ disk, path: '/wal', segment }, (record) =>
      records.push(Buffer.from(record).toString('latin1')),
    )
    if (corruption !== undefined) return { records, corruption }
  }
  return { records, corruption: undefined }
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** Records of all sizes around a page, some of which compress well. */
const record = fc
  .tuple(fc.integer({ min: 1, max: 3 * PAGE_BYTES }), fc.nat(), fc.boolean())
  .map(([length, seed, isNoise]) => {
    const random = new SeededRandom(String(seed))
    const content = isNoise ? random.bytes(length) : new Uint8Array(length).fill(seed)
    return Buffer.from(content).toString('latin1')
  })

describe('the write-ahead log', () => {
  test('gives back its records in order, over pages, segments and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { minLength: 1, maxLength: 5 }), { maxLength: 6 }),
        async (batches) => {
          const disk = new RehearsedDisk()
          for (const batch of batches) {
            const log = await LogWriter.open(disk, '/wal', 4 * PAGE_BYTES)
            await Promise.all(batch.map((text) => log.log([bytes(text)])))
            await log.close()
          }
          expect(await readAll(disk)).toEqual({ records: batches.flat(), corruption: undefined })
        },
      ),
      { numRuns: 40 },
    )
  })

  test('is good up to where the power went, and everything synced is before that', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        fc.nat(8),
        fc.nat(),
        async (texts, synced, seed) => {
          const disk = new RehearsedDisk()
          const log = await LogWriter.open(disk, '/wal', 4 * PAGE_BYTES)
          for (const [index, text] of texts.entries()) {
            await log.log([bytes(text)])
            if (index === synced) await log.sync()
          }
          disk.cutPower(new SeededRandom(String(seed)))
          const { records } = await readAll(disk)
          expect(records).toEqual(texts.slice(0, records.length))
          if (synced < texts.length) expect(records.length).toBeGreaterThan(synced)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('says where a flipped bit made it corrupt', async () => {
    const disk = new RehearsedDisk()
    const log = await LogWriter.open(disk, '/wal')
    await log.log([bytes('one'), bytes('two'), bytes('three')])
    await log.close()
    const content = await disk.read(`/wal/${segmentName(0)}`)
    content[7 + 3 + 7] = 0x58
    await disk.write(`/wal/${segmentName(0)}`, content)
    const { records, corruption } = await readAll(disk)
    expect(records).toEqual(['one'])
    expect(corruption).toMatchObject({ segment: 0, offset: 10, reason: expect.stringContaining('unexpected checksum') })
  })

  test('takes nothing more once a write has failed', async () => {
    const disk = new RehearsedDisk()
    const log = await LogWriter.open(disk, '/wal')
    disk.failAfter(0, new SeededRandom('x'))
    await expect(log.log([bytes('one')])).rejects.toThrow('the power went')
    await expect(log.log([bytes('two')])).rejects.toThrow('the power went')
  })
})
