import { Heap } from '../../base/heap.ts'
import type { Clock, Timer } from '../../world/clock.ts'
import type { PodInfo } from '../pod-info.ts'
import { priorityOf } from '../nominator.ts'
import type { PluginContext } from '../plugin.ts'
import { PLUGIN_NAMES, type PluginName } from '../plugin-names.ts'
import { type Change, type ClusterEvent, podEvents } from './changes.ts'
import { type Hint, HINTS } from './hints.ts'

/** pkg/scheduler/backend/queue/scheduling_queue.go */
const INITIAL_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 10_000
const UNSCHEDULABLE_MAX_MS = 5 * 60_000
const FLUSH_EVERY_MS = 30_000
/** Pods whose back-off ends within one second of another's come out by priority. */
const BACKOFF_WINDOW_MS = 1_000

type Place = 'active' | 'backoff' | 'error-backoff' | 'unschedulable' | 'in flight' | 'gone'

/** A pod that waits for a node, and what became of its attempts so far. */
export interface QueuedPod {
  readonly info: PodInfo
  readonly attempts: number
  /** When it could be tried first. */
  readonly activeSinceMs: number
}

/** How many pods wait in which place. */
export interface WaitingPods {
  readonly active: number
  readonly backoff: number
  readonly unschedulable: number
  readonly gated: number
}

interface Entry extends QueuedPod {
  info: PodInfo
  attempts: number
  activeSinceMs: number
  place: Place
  /** When it entered the queue, or came back from its last attempt. */
  timestampMs: number
  /** Grows with every move: an entry of a heap with an older one is stale. */
  move: number
  unschedulableCount: number
  errorCount: number
  /** Who refused it; who holds it back before it may even be tried. */
  refusedBy: ReadonlySet<PluginName>
  gatedBy: PluginName | undefined
}

interface Ticket {
  readonly entry: Entry
  readonly move: number
  readonly expiryMs: number
  readonly priority: number
  readonly timestampMs: number
}

export interface QueueOptions {
  readonly clock: Clock
  /** Of the profile that the pod asks for. */
  contextOf(pod: PodInfo): PluginContext
  readonly initialBackoffMs?: number
  readonly maxBackoffMs?: number
  /** PreEnqueue: the plugin that holds a pod back from the queue. */
  gate(pod: PodInfo): PluginName | undefined
  /** There is a pod to take now, where there was none. */
  onReady(): void
}

/**
 * Pods that wait for a node.
 *
 *   active          to be tried as soon as possible, by priority, then by age
 *   backoff         tried before, back when its time comes, or at once when nothing is active
 *   error-backoff   the same after a failure that was not the pod's: its time must come
 *   unschedulable   nothing has changed that could help, or a gate holds it; looked at again after five minutes
 *
 * Invariants:
 *  1. A pod is in one place.
 *  2. Pods leave `unschedulable` only for a change that a plugin which refused them takes for promising.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions
  readonly #entries = new Map<string, Entry>()
  readonly #active = new Heap<Ticket>(byPriority)
  readonly #backoff = new Heap<Ticket>(byExpiry)
  readonly #errorBackoff = new Heap<Ticket>(byExpiry)
  /** Pods in `unschedulable`, by each plugin that refused them. */
  readonly #refused = new Map<PluginName, Set<Entry>>()
  #unschedulable = 0
  #moves = 0
  #timer: { timer: Timer; dueMs: number } | undefined
  #flush: Timer | undefined

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** How many pods wait, in all places. */
  get size(): number {
    return this.#entries.size
  }

  /** Counted when somebody asks. */
  waiting(): WaitingPods {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 }
    for (const { place, gatedBy } of this.#entries.values()) {
      if (place === 'active') counts.active++
      else if (place === 'backoff' || place === 'error-backoff') counts.backoff++
      else if (place === 'unschedulable' && gatedBy === undefined) counts.unschedulable++
      else if (place === 'unschedulable') counts.gated++
    }
    return counts
  }

  /** Whether any change of the cluster could matter to anybody here. */
  get hasUnschedulable(): boolean {
    return this.#unschedulable > 0
  }

  placeOf(uid: string): Place | undefined {
    return this.#entries.get(uid)?.place
  }

  /** A pod that nobody has tried to place yet. */
  add(info: PodInfo): void {
    const known = this.#entries.get(info.uid)
    if (known !== undefined) {
      this.update(info)
      return
    }
    const entry: Entry = {
      info,
      attempts: 0,
      activeSinceMs: Number.NaN,
      place: 'gone',
      timestampMs: this.#options.clock.now(),
      move: 0,
      unschedulableCount: 0,
      errorCount: 0,
      refusedBy: NOBODY,
      gatedBy: undefined,
    }
    this.#entries.set(info.uid, entry)
    this.#activate(entry)
  }

  /** A waiting pod was changed by somebody. */
  update(info: PodInfo): void {
    const entry = this.#entries.get(info.uid)
    if (entry === undefined) {
      this.add(info)
      return
    }
    const old = entry.info
    entry.info = info
    if (entry.place === 'in flight') return
    if (priorityOf(old) !== priorityOf(info) && entry.place === 'active') this.#put(entry, 'active')
    if (entry.place !== 'unschedulable') return
    if (entry.gatedBy !== undefined) {
      if (this.#options.gate(info) !== entry.gatedBy) this.#activate(entry)
      return
    }
    for (const event of podEvents(info, old, 'Pod')) {
      if (this.#mayHelp(entry, { event, old, now: info })) {
        this.#requeue(entry)
        return
      }
    }
  }

  delete(uid: string): void {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return
    this.#leave(entry)
    entry.place = 'gone'
    this.#entries.delete(uid)
  }

  /** The next pod to place. It is `in flight` until it is deleted or comes back. */
  pop(): QueuedPod | undefined {
    const entry = fresh(this.#active, 'active') ?? fresh(this.#backoff, 'backoff')
    if (entry === undefined) return undefined
    entry.place = 'in flight'
    entry.attempts++
    return entry
  }

  /** No node would have it; `refusedBy` are the plugins that said so. */
  returnUnschedulable(uid: string, refusedBy: ReadonlySet<PluginName>): void {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return
    entry.timestampMs = this.#options.clock.now()
    entry.unschedulableCount++
    entry.errorCount = 0
    entry.refusedBy = refusedBy
    this.#park(entry)
  }

  /** Something went wrong that was not the pod's fault: it is tried again after a while. */
  returnAfterError(info: PodInfo): void {
    const entry = this.#entries.get(info.uid)
    if (entry === undefined) return
    entry.info = info
    entry.timestampMs = this.#options.clock.now()
    entry.errorCount++
    entry.refusedBy = NOBODY
    this.#put(entry, 'error-backoff')
  }

  /** The gate of this plugin is open again: a pod that it held back meanwhile goes on. */
  ungate(uid: string, plugin: PluginName): void {
    const entry = this.#entries.get(uid)
    if (entry?.place === 'unschedulable' && entry.gatedBy === plugin) this.#requeue(entry)
  }

  /** To the front, whatever it waits for. */
  activate(uid: string): void {
    const entry = this.#entries.get(uid)
    if (entry === undefined || entry.place === 'in flight' || entry.place === 'active') return
    this.#activate(entry)
  }

  /** Lets those pods go that the change may help. */
  changed(change: Change): void {
    if (this.#unschedulable === 0) return
    const answers = new Map<unknown, boolean>()
    for (const [plugin, hint] of listeners(change.event)) {
      const refused = this.#refused.get(plugin)
      if (refused === undefined) continue
      for (const entry of Array.from(refused)) {
        const { shape } = entry.info
        const key = refused.size === 1 ? undefined : shape
        let helps = key === undefined ? undefined : answers.get(key)
        if (helps === undefined) {
          helps = hint(entry.info, change, this.#options.contextOf(entry.info))
          if (key !== undefined) answers.set(key, helps)
        }
        if (helps) this.#requeue(entry)
      }
      answers.clear()
    }
  }

  close(): void {
    this.#timer?.timer.cancel()
    this.#flush?.cancel()
    this.#timer = undefined
    this.#flush = undefined
  }

  #mayHelp(entry: Entry, change: Change): boolean {
    for (const [plugin, hint] of listeners(change.event)) {
      if (entry.refusedBy.has(plugin) && hint(entry.info, change, this.#options.contextOf(entry.info))) return true
    }
    return false
  }

  /** To `active` when its back-off is over, else to wait for that. */
  #requeue(entry: Entry): void {
    if (this.#expiryOf(entry) > this.#options.clock.now()) this.#gatedOr(entry, () => this.#put(entry, 'backoff'))
    else this.#activate(entry)
  }

  #activate(entry: Entry): void {
    this.#gatedOr(entry, () => this.#put(entry, 'active'))
  }

  #gatedOr(entry: Entry, go: () => void): void {
    const gate = this.#options.gate(entry.info)
    entry.gatedBy = gate
    if (gate === undefined) go()
    else this.#park(entry)
  }

  #park(entry: Entry): void {
    this.#leave(entry)
    entry.place = 'unschedulable'
    entry.move = ++this.#moves
    this.#unschedulable++
    for (const plugin of entry.refusedBy) {
      const refused = this.#refused.get(plugin)
      if (refused === undefined) this.#refused.set(plugin, new Set([entry]))
      else refused.add(entry)
    }
    this.#flush ??= this.#options.clock.schedule(FLUSH_EVERY_MS, () => this.#flushOld())
  }

  #put(entry: Entry, place: 'active' | 'backoff' | 'error-backoff'): void {
    this.#leave(entry)
    entry.place = place
    entry.move = ++this.#moves
    if (Number.isNaN(entry.activeSinceMs)) entry.activeSinceMs = this.#options.clock.now()
    const expiryMs = place === 'active' ? 0 : this.#expiryOf(entry)
    const { move, timestampMs, info } = entry
    const ticket = { entry, move, expiryMs, timestampMs, priority: priorityOf(info) }
    if (place === 'active') this.#active.push(ticket)
    else if (place === 'backoff') this.#backoff.push(ticket)
    else this.#errorBackoff.push(ticket)
    if (place === 'error-backoff') this.#arm(expiryMs)
    else if (place === 'backoff') {
      this.#arm(expiryMs)
      this.#options.onReady()
    } else this.#options.onReady()
  }

  #leave(entry: Entry): void {
    if (entry.place !== 'unschedulable') return
    this.#unschedulable--
    for (const plugin of entry.refusedBy) {
      const refused = this.#refused.get(plugin)
      refused?.delete(entry)
      if (refused?.size === 0) this.#refused.delete(plugin)
    }
    if (this.#unschedulable === 0) {
      this.#flush?.cancel()
      this.#flush = undefined
    }
  }

  /** Each attempt that came to nothing doubles the wait. */
  #expiryOf({ timestampMs, unschedulableCount, errorCount }: Entry): number {
    const count = errorCount > 0 ? errorCount : unschedulableCount
    if (count === 0) return timestampMs
    const { initialBackoffMs = INITIAL_BACKOFF_MS, maxBackoffMs = MAX_BACKOFF_MS } = this.#options
    return timestampMs + Math.min(initialBackoffMs * 2 ** (count - 1), maxBackoffMs)
  }

  #arm(dueMs: number): void {
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return
    this.#timer?.timer.cancel()
    const { clock } = this.#options
    const timer = clock.schedule(dueMs - clock.now(), () => this.#endBackoffs())
    this.#timer = { timer, dueMs }
  }

  #endBackoffs(): void {
    this.#timer = undefined
    const nowMs = this.#options.clock.now()
    for (const [heap, place] of [
      [this.#backoff, 'backoff'],
      [this.#errorBackoff, 'error-backoff'],
    ] as const) {
      for (let ticket = heap.peek(); ticket !== undefined; ticket = heap.peek()) {
        const isStale = ticket.entry.move !== ticket.move || ticket.entry.place !== place
        if (!isStale && ticket.expiryMs > nowMs) {
          this.#arm(ticket.expiryMs)
          break
        }
        heap.pop()
        if (!isStale) this.#activate(ticket.entry)
      }
    }
  }

  #flushOld(): void {
    this.#flush = undefined
    const dueMs = this.#options.clock.now() - UNSCHEDULABLE_MAX_MS
    for (const entry of this.#entries.values()) {
      if (entry.place !== 'unschedulable' || entry.gatedBy !== undefined) continue
      if (entry.timestampMs < dueMs) this.#requeue(entry)
    }
    if (this.#unschedulable > 0) {
      this.#flush = this.#options.clock.schedule(FLUSH_EVERY_MS, () => this.#flushOld())
    }
  }
}

const NOBODY: ReadonlySet<PluginName> = new Set()

/** The first ticket that is still good. */
function fresh(heap: Heap<Ticket>, place: Place): Entry | undefined {
  for (let ticket = heap.pop(); ticket !== undefined; ticket = heap.pop()) {
    if (ticket.entry.place === place && ticket.entry.move === ticket.move) return ticket.entry
  }
  return undefined
}

function byPriority(a: Ticket, b: Ticket): number {
  return b.priority - a.priority || a.timestampMs - b.timestampMs || a.move - b.move
}

function byExpiry(a: Ticket, b: Ticket): number {
  const window = ({ expiryMs }: Ticket): number => Math.floor(expiryMs / BACKOFF_WINDOW_MS)
  return window(a) - window(b) || byPriority(a, b)
}

/** Who listens to what: HINTS, by event. */
const LISTENERS = listenersByEvent()

function listeners(event: ClusterEvent): readonly (readonly [PluginName, Hint])[] {
  return LISTENERS.get(event) ?? []
}

function listenersByEvent(): ReadonlyMap<string, readonly (readonly [PluginName, Hint])[]> {
  const found = new Map<string, [PluginName, Hint][]>()
  for (const plugin of PLUGIN_NAMES) {
    for (const [event, hint] of Object.entries(HINTS[plugin])) {
      const known = found.get(event)
      if (known === undefined) found.set(event, [[plugin, hint]])
      else known.push([plugin, hint])
    }
  }
  return found
}
