import type { Clock, Timer } from '../../world/clock.ts'

/** How late an alarm may be. */
const TICK_MS = 8
/** A turn of the wheel takes four seconds; longer alarms pass by as often as needed, and at least once in each turn it is woken. */
const SLOTS = 512

/** Set and cleared in constant time, as often as a request has timeouts: that is, for nothing nearly always. */
export class Alarm {
  readonly fire: () => void
  /** Of the wheel: the tick at which it is due, and its neighbours in the slot. */
  dueTick = NOT_SET
  before: Alarm | undefined
  after: Alarm | undefined

  constructor(fire: () => void) {
    this.fire = fire
  }
}

const NOT_SET = -1
const NEVER = Number.POSITIVE_INFINITY

/**
 * Timeouts of many requests and connections on one timer of the clock.
 *
 *     slot   0    1    2   …  511      an alarm due at tick t is in slot t mod 512
 *            │    │    └ alarm ⇄ alarm
 *            │    └ (empty)
 *            └ alarm
 *
 * Invariants:
 *  1. An alarm fires once, not before it is due, and no more than a tick late while the process keeps up.
 *  2. The clock has a timer of ours only while an alarm is set, for the next slot that holds one: what waits for long wakes
 *     nobody up meanwhile.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: (Alarm | undefined)[] = Array.from({ length: SLOTS })
  #alarms = 0
  /** All ticks up to this one have been looked at. */
  #tick = 0
  /** When the clock is to wake us, and what it has for that. */
  #wakeTick = NEVER
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** An alarm that was set is set anew. `nowMs`: what the clock said just now, for a caller that has asked it. */
  set(alarm: Alarm, delayMs: number, nowMs: number = this.#clock.now()): void {
    this.clear(alarm)
    if (this.#alarms++ === 0) this.#tick = Math.floor(nowMs / TICK_MS)
    alarm.dueTick = Math.max(this.#tick + 1, Math.ceil((nowMs + delayMs) / TICK_MS))
    const slot = alarm.dueTick % SLOTS
    const first = this.#slots[slot]
    alarm.after = first
    if (first !== undefined) first.before = alarm
    this.#slots[slot] = alarm
    this.#wakeAt(alarm.dueTick, nowMs)
  }

  clear(alarm: Alarm): void {
    if (alarm.dueTick === NOT_SET) return
    const { before, after } = alarm
    if (before === undefined) this.#slots[alarm.dueTick % SLOTS] = after
    else before.after = after
    if (after !== undefined) after.before = before
    alarm.before = undefined
    alarm.after = undefined
    alarm.dueTick = NOT_SET
    this.#alarms--
  }

  /** Sees to it that we are woken at a tick, if not before. */
  #wakeAt(tick: number, nowMs: number): void {
    if (tick >= this.#wakeTick) return
    this.#timer?.cancel()
    this.#wakeTick = tick
    this.#timer = this.#clock.schedule(Math.max(1, tick * TICK_MS - nowMs), this.#onWake)
  }

  readonly #onWake = (): void => {
    this.#wakeTick = NEVER
    const last = Math.floor(this.#clock.now() / TICK_MS)
    // After a long pause every slot has been passed, and once is enough.
    const first = Math.max(this.#tick + 1, last - SLOTS + 1)
    this.#tick = Math.max(this.#tick, last)
    for (let tick = first; tick <= last; tick++) this.#fireDue(tick % SLOTS, last)
    if (this.#alarms > 0) this.#wakeAt(this.#nextTick(), this.#clock.now())
  }

  /** The next tick whose slot holds an alarm, be it for a later turn. */
  #nextTick(): number {
    let tick = this.#tick + 1
    while (this.#slots[tick % SLOTS] === undefined) tick++
    return tick
  }

  /** Firing may set and clear any alarm, so that the slot is looked at from its beginning each time. */
  #fireDue(slot: number, lastTick: number): void {
    for (;;) {
      let alarm = this.#slots[slot]
      while (alarm !== undefined && alarm.dueTick > lastTick) alarm = alarm.after
      if (alarm === undefined) return
      this.clear(alarm)
      alarm.fire()
    }
  }
}
