import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { RealDisk } from './real-disk.ts'

const disk = new RealDisk()
const folder = await mkdtemp(join(tmpdir(), 'dabba-disk-'))
afterAll(() => rm(folder, { recursive: true }))

describe('a file that is written', () => {
  test('is the old one or the new one at every instant, and never a part of either', async () => {
    const path = join(folder, 'whole')
    const texts = ['a', 'b'].map((letter) => letter.repeat(4 * 1024 * 1024))
    await disk.write(path, texts[0] ?? '')
    let isWriting = true
    const writing = (async () => {
      for (let round = 1; round <= 20; round++) await disk.write(path, texts[round % 2] ?? '')
      isWriting = false
    })()
    let reads = 0
    for (; isWriting || reads === 0; reads++) expect(texts.includes(await disk.readText(path))).toBe(true)
    await writing
    expect(await disk.list(folder)).toEqual(['whole'])
  })

  test('stays as it was when the new one cannot be written', async () => {
    const path = join(folder, 'kept')
    await disk.write(path, 'old')
    await disk.makeDirectory(`${path}.partial`)
    await expect(disk.write(path, 'new')).rejects.toThrow(/EISDIR/)
    expect(await disk.readText(path)).toBe('old')
  })

  test('is for its owner only where that is asked for', async () => {
    const path = join(folder, 'secret')
    await disk.write(path, 'key', { mode: 0o600 })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })
})
