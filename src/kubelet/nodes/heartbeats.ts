import type { Clock, Timer } from '../../world/clock.ts'
import type { NodeAgent } from './node-agent.ts'

/** Into how many parts the period is cut: a thousand nodes beat in groups of fifty, not all at once and not one by one. */
const SLOTS = 20

/** Lets every node give its signs of life once in each period. A slot without nodes has no timer. */
export class Heartbeats {
  readonly #clock: Clock
  readonly #slots: readonly Set<NodeAgent>[] = Array.from({ length: SLOTS }, () => new Set())
  readonly #timers = new Map<number, Timer>()
  readonly #periodMs: number
  readonly #beat: (agent: NodeAgent) => void
  #next = 0

  constructor({ clock, periodMs, beat }: { clock: Clock; periodMs: number; beat: (agent: NodeAgent) => void }) {
    this.#clock = clock
    this.#periodMs = periodMs
    this.#beat = beat
  }

  add(agent: NodeAgent): void {
    const index = this.#next++ % SLOTS
    this.#slots[index]?.add(agent)
    if (this.#timers.has(index)) return
    // Slots lie at fixed places of the period, whenever their first node came.
    const nowMs = this.#clock.now()
    const offsetMs = (index * this.#periodMs) / SLOTS
    this.#arm(index, nowMs - ((nowMs - offsetMs) % this.#periodMs) + this.#periodMs)
  }

  delete(agent: NodeAgent): void {
    for (const slot of this.#slots) slot.delete(agent)
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #arm(index: number, atMs: number): void {
    const timer = this.#clock.schedule(atMs - this.#clock.now(), () => this.#fire(index, atMs))
    this.#timers.set(index, timer)
  }

  #fire(index: number, atMs: number): void {
    const slot = this.#slots[index] ?? new Set()
    for (const agent of slot) this.#beat(agent)
    // After a long sleep of the host, beats that were missed are not made up for.
    if (slot.size > 0) this.#arm(index, Math.max(atMs + this.#periodMs, this.#clock.now()))
    else this.#timers.delete(index)
  }
}
