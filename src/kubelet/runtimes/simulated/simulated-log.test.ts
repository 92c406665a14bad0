import { describe, expect, test } from 'vitest'
import { KeptLines } from '../../../base/kept-lines.ts'
import { SeededRandom } from '../../../world/random.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import type { RunRequest } from '../../runtime.ts'
import { SimulatedLog } from './simulated-log.ts'

const STARTED_MS = 1_000

/** A run from 1 s on that writes `tick` every second; others write in its name at 0.5, 2.5, 3 and 4.5 s. */
async function running(): Promise<{ readonly log: SimulatedLog; readonly written: KeptLines }> {
  const clock = new VirtualClock(0)
  const written = new KeptLines()
  const tick = {
    write: ({ count }: { readonly count: number }) => `tick ${count}`,
    stream: 'stdout' as const,
    fromMs: 0,
    everyMs: 1_000,
    untilMs: Infinity,
    jitterRatio: 0,
  }
  const request = { pod: { metadata: {} }, container: { name: 'istio-proxy' }, environment: () => ({}) }
  const log = new SimulatedLog({
    clock,
    dice: new SeededRandom('log'),
    lines: { onStart: [], periodic: [tick], onTermination: [], onExit: [] },
    request: request as unknown as RunRequest,
    startedAtMs: STARTED_MS,
    written,
  })
  for (const timeMs of [500, 2_500, 3_000, 4_500]) {
    await clock.advance(timeMs - clock.now())
    written.write({ timeMs, stream: 'stdout', line: `at ${timeMs}` })
  }
  return { log, written }
}

function texts(log: SimulatedLog, options: { readonly tail?: number; readonly sinceMs?: number } = {}): string[] {
  return [...log.now(options)].map(({ line }) => line)
}

describe('what others write in a container’s name', () => {
  test('stands between its own lines, by time, from the start of the run on', async () => {
    const { log } = await running()
    expect(texts(log)).toEqual(['tick 1', 'tick 2', 'at 2500', 'tick 3', 'at 3000', 'tick 4', 'at 4500'])
  })

  test.each([1, 2, 3, 4, 5, 6])('counts among the last %d lines', async (tail) => {
    const { log } = await running()
    expect(texts(log, { tail })).toEqual(texts(log).slice(-tail))
  })

  test('is not of a run that ended before', async () => {
    const { log } = await running()
    log.ended({ atMs: 2_999, code: 1, isKilled: true })
    expect(texts(log)).toEqual(['tick 1', 'tick 2', 'at 2500'])
    expect(texts(log, { tail: 1 })).toEqual(['at 2500'])
  })

  test('may have been dropped', async () => {
    const { log, written } = await running()
    for (let index = 0; index < 200; index++) {
      written.write({ timeMs: 4_500, stream: 'stdout', line: ' '.repeat(100_000) })
    }
    expect(texts(log, { tail: 2 })).toHaveLength(2)
    expect(texts(log).slice(0, 4)).toEqual(['tick 1', 'tick 2', 'tick 3', 'tick 4'])
  })
})
