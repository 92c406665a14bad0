import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Disk } from './disk.ts'
import { SeededRandom } from './random.ts'
import { RealDisk } from './real-disk.ts'
import { RehearsedDisk } from './rehearsed-disk.ts'

const made: string[] = []
afterAll(async () => {
  for (const path of made) await rm(path, { recursive: true })
})

const DISKS: { name: string; create(): Promise<{ disk: Disk; path: string }> }[] = [
  {
    name: 'the real disk',
    async create() {
      const path = await mkdtemp(join(tmpdir(), 'disk-'))
      made.push(path)
      return { disk: new RealDisk(), path }
    },
  },
  {
    name: 'the rehearsed disk',
    async create() {
      const disk = new RehearsedDisk()
      await disk.makeDirectory('/data')
      return { disk, path: '/data' }
    },
  },
]

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

describe.each(DISKS)('$name', ({ create }) => {
  test('replaces files as a whole and lists them sorted', async () => {
    const { disk, path } = await create()
    await disk.write(`${path}/b`, 'one')
    await disk.write(`${path}/a`, bytes('two'))
    await disk.write(`${path}/b`, 'three')
    await disk.makeDirectory(`${path}/c/d`)
    expect(await disk.list(path)).toEqual(['a', 'b', 'c'])
    expect(await disk.list(`${path}/a`)).toBeUndefined()
    expect(await disk.list(`${path}/nowhere`)).toBeUndefined()
    expect(await disk.readText(`${path}/b`)).toBe('three')
    expect(await disk.exists(`${path}/c/d`)).toBe(true)
    await disk.remove(`${path}/c`)
    expect(await disk.exists(`${path}/c/d`)).toBe(false)
    await expect(disk.read(`${path}/nowhere`)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('appends to a file that is opened again, and reads at any place', async () => {
    const { disk, path } = await create()
    for (const part of ['hello ', 'world']) {
      const file = await disk.open(`${path}/log`, 'append')
      await file.append(bytes(part))
      await file.sync()
      await file.close()
    }
    const file = await disk.open(`${path}/log`, 'read')
    const into = new Uint8Array(8)
    expect(await file.read(into, 6)).toBe(5)
    expect(text(into.subarray(0, 5))).toBe('world')
    expect(await file.read(into, 100)).toBe(0)
    expect(await file.sizeBytes()).toBe(11)
    await file.close()
  })

  test('goes on where a file was cut', async () => {
    const { disk, path } = await create()
    const file = await disk.open(`${path}/log`, 'append')
    await file.append(bytes('hello world'))
    await file.truncate(6)
    await file.append(bytes('you'))
    await file.close()
    expect(await disk.readText(`${path}/log`)).toBe('hello you')
  })

  test('renames files and directories', async () => {
    const { disk, path } = await create()
    await disk.makeDirectory(`${path}/new.tmp/chunks`)
    await disk.write(`${path}/new.tmp/chunks/1`, 'x')
    await disk.rename(`${path}/new.tmp`, `${path}/new`)
    expect(await disk.readText(`${path}/new/chunks/1`)).toBe('x')
    expect(await disk.exists(`${path}/new.tmp`)).toBe(false)
    await disk.write(`${path}/a`, 'a')
    await disk.write(`${path}/b`, 'b')
    await disk.rename(`${path}/a`, `${path}/b`)
    expect(await disk.readText(`${path}/b`)).toBe('a')
    await expect(disk.rename(`${path}/a`, `${path}/c`)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('gives a lock once, and again when it is released', async () => {
    const { disk, path } = await create()
    const lock = await disk.lock(`${path}/lock`)
    await expect(disk.lock(`${path}/lock`)).rejects.toThrow('is held by process')
    await lock.release()
    await (await disk.lock(`${path}/lock`)).release()
  })
})

describe('the real disk', () => {
  test('does not give a lock that a living process holds', async () => {
    const { disk, path } = await DISKS[0]!.create()
    await disk.write(`${path}/lock`, String(process.ppid))
    await expect(disk.lock(`${path}/lock`)).rejects.toThrow(`${path}/lock is held by process ${process.ppid}`)
  })
})

describe('a power cut', () => {
  test('leaves what was synced, and of the rest a beginning at most', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = new SeededRandom(String(seed))
      const disk = new RehearsedDisk()
      const file = await disk.open('/log', 'append')
      await file.append(bytes('safe.'))
      await file.sync()
      await file.append(bytes('at risk'))
      disk.cutPower(random)
      expect(await disk.readText('/log')).toMatch(/^safe\.(a(t( (r(i(sk?)?)?)?)?)?)?\0*$/)
      await expect(file.append(bytes('x'))).rejects.toThrow('open before the process or the power went')
    }
  })
})
