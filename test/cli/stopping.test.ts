import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { defaultNodeProfile } from '../../src/api/kinds/dabba/node-profile.ts'
import { applyManifests } from '../../src/cli/up/apply-manifests.ts'
import { readManifests } from '../../src/cli/up/manifests.ts'
import { createPlatform } from '../../src/platform.ts'
import { type Clock, sleepWith, type Timer } from '../../src/world/clock.ts'
import { rehearsedWorld } from '../../src/world/rehearsed-world.ts'

const BAZAAR = fileURLToPath(new URL('../../examples/bazaar', import.meta.url))

/** A clock that knows which timers are still to fire. */
class CountingClock implements Clock {
  readonly pending = new Map<Timer, string>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const inner = this.#clock.schedule(delayMs, () => {
      this.pending.delete(timer)
      fire()
    })
    const timer: Timer = {
      cancel: () => {
        this.pending.delete(timer)
        inner.cancel()
      },
    }
    this.pending.set(timer, new Error(`a timer of ${delayMs} ms`).stack ?? '')
    return timer
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, delayMs, signal)
  }

  yield(): Promise<void> {
    return this.#clock.yield()
  }

  outside<T>(work: Promise<T>): Promise<T> {
    return this.#clock.outside(work)
  }
}

// Such a timer would keep a process alive that has nothing left to do.
test.each([0, 3_000, 20_000, 120_000])(
  'a cluster that is stopped %i ms into the bazaar leaves no timer',
  async (ms) => {
    const world = rehearsedWorld()
    const clock = new CountingClock(world.clock)
    const platform = await createPlatform({ world: { ...world, clock }, nodes: [defaultNodeProfile(3)] })
    const client = platform.client.forManifests('test')
    const { signal } = new AbortController()
    await applyManifests(readManifests([BAZAAR]), { client, clock, signal, warn: () => undefined })
    await world.clock.advance(ms)
    await platform.stop()
    await world.clock.advance(0)
    expect([...clock.pending.values()]).toEqual([])
  },
)
