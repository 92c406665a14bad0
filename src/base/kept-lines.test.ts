import { describe, expect, test } from 'vitest'
import { KeptLines } from './kept-lines.ts'

const LINE_BYTES = 100

/** Lines of 100 bytes, one a millisecond from 1 on; the newest three are kept. */
function written(count: number): KeptLines {
  const lines = new KeptLines(() => 3 * LINE_BYTES)
  for (let number = 1; number <= count; number++) lines.write(lineAt(number))
  return lines
}

function lineAt(timeMs: number) {
  return { timeMs, stream: 'stdout' as const, line: String(timeMs).padEnd(LINE_BYTES - 64) }
}

async function read(lines: KeptLines, options: Partial<Parameters<KeptLines['read']>[0]> = {}): Promise<string[]> {
  const texts: string[] = []
  for await (const { line } of lines.read({ follow: false, ...options })) texts.push(line.trim())
  return texts
}

describe('lines', () => {
  test('are kept as far as there is room, and numbered from the first that ever was', async () => {
    const lines = written(7)
    expect([lines.first, lines.end]).toEqual([4, 7])
    expect(await read(lines)).toEqual(['5', '6', '7'])
    expect(lines.at(3)).toBeUndefined()
    expect(lines.at(4)?.timeMs).toBe(5)
    expect(lines.last(2).map(({ timeMs }) => timeMs)).toEqual([6, 7])
  })

  test('are dropped when there is less room than before', async () => {
    let room = Infinity
    const lines = new KeptLines(() => room)
    for (let number = 1; number <= 5; number++) lines.write(lineAt(number))
    room = 2 * LINE_BYTES
    lines.trim()
    expect(await read(lines)).toEqual(['4', '5'])
  })

  test.each([
    [0, 4],
    [5, 4],
    [6, 5],
    [8, 7],
  ])('are found by time: from %d ms on it is number %d', (timeMs, number) => {
    expect(written(7).numberAt(timeMs)).toBe(number)
  })

  test('are read from the end, or from a time on', async () => {
    expect(await read(written(3), { tail: 1 })).toEqual(['3'])
    expect(await read(written(3), { tail: 0 })).toEqual([])
    expect(await read(written(3), { sinceMs: 2 })).toEqual(['2', '3'])
  })

  test('are followed until nothing is written any more', async () => {
    const lines = written(1)
    const all = read(lines, { follow: true })
    await Promise.resolve()
    lines.write(lineAt(2))
    lines.close()
    lines.write(lineAt(3))
    expect(await all).toEqual(['1', '2'])
  })

  test('are followed no longer than somebody listens', async () => {
    const stop = new AbortController()
    const all = read(written(1), { follow: true, signal: stop.signal })
    await Promise.resolve()
    stop.abort()
    expect(await all).toEqual(['1'])
  })
})
