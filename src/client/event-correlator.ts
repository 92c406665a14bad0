import type { ApiObject } from '../api/object.ts'
import { EventBudget } from './event-budget.ts'

/** k8s.io/client-go tools/record/events_cache.go: maxLruCacheEntries, defaultAggregateMaxEvents, …IntervalInSeconds. */
const OBJECTS_MAX = 4_096
const SIMILAR_MAX = 10
const SIMILAR_WITHIN_MS = 600_000
/**
 * For how long an object is remembered of which nothing is noted: as long as its Events live (kube-apiserver
 * --event-ttl). client-go forgets by number alone; but here all the sources of a cluster are in one process.
 */
const REMEMBERED_MS = 3_600_000
/** How many Events about one object are remembered for counting repeats. */
const OCCURRENCES_MAX = 100
const COMBINED = '(combined from similar events): '

export interface EventNote {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase and stable: tools filter by it. */
  readonly reason: string
  readonly message: string
  /** What was done, for events.k8s.io; empty for most. */
  readonly action?: string
  /** Where in the object, such as `spec.containers{web}`. */
  readonly fieldPath?: string
}

/** One Event as it comes to be: how often it was noted, and what was last written of it. */
export interface Occurrence {
  readonly note: EventNote
  /** Notes that differ in their messages go here. */
  readonly isCombined: boolean
  count: number
  lastMs: number
  /** Whether it was noted since its like was last silent for long. */
  isRecent: boolean
  written: Written | undefined
  /** Resolves when the write under way has ended, one way or another. */
  busy: Promise<void> | undefined
}

/** Which Event tells of an occurrence. The Event itself is the server's to keep. */
export interface Written {
  readonly key: { readonly namespace: string; readonly name: string }
  readonly firstTimestamp: string
}

/** What to do about a note: write it as this occurrence, with this message, unless it is `spam`. */
export interface Heard {
  readonly occurrence: Occurrence
  readonly message: string
  readonly isSpam: boolean
}

/**
 * Keeps one source from flooding the cluster with Events, as client-go's EventCorrelator does:
 *
 *  1. The same note again raises the count of its Event.
 *  2. The tenth note within ten minutes that differs from others in its message alone goes into a combined Event.
 *  3. About one object a source writes 25 times at once, then once in five minutes. What is not written still counts.
 */
export class EventCorrelator {
  /** The object that was noted about longest ago stands first. */
  readonly #objects = new Map<string, Notes>()

  hear(about: ApiObject, note: EventNote, nowMs: number): Heard {
    const notes = this.#notesOn(about, nowMs)
    const similar = notes.occurrences.filter((one) => one.note.type === note.type && one.note.reason === note.reason)
    if (similar.every(({ lastMs }) => nowMs - lastMs > SIMILAR_WITHIN_MS))
      for (const one of similar) one.isRecent = false
    const isCombined = isOneTooMany(similar, note.message)
    const known = similar.find((one) => one.isCombined === isCombined && (isCombined || isSame(one.note, note)))
    const occurrence = known ?? begin(notes, note, isCombined)
    occurrence.count++
    occurrence.lastMs = nowMs
    occurrence.isRecent = true
    const message = isCombined ? `${COMBINED}${note.message}` : note.message
    return { occurrence, message, isSpam: !notes.budget.take(nowMs) }
  }

  #notesOn({ apiVersion, kind, metadata }: ApiObject, nowMs: number): Notes {
    const { namespace = '', name, uid = '' } = metadata
    const key = uid === '' || kind === 'Node' ? `${apiVersion} ${kind} ${namespace}/${name} ${uid}` : uid
    const known = this.#objects.get(key)
    if (known !== undefined) this.#objects.delete(key)
    const notes = known ?? { budget: new EventBudget(nowMs), occurrences: [], lastMs: nowMs }
    notes.lastMs = nowMs
    this.#objects.set(key, notes)
    this.#forgetOldest(nowMs)
    return notes
  }

  #forgetOldest(nowMs: number): void {
    for (const [key, { lastMs }] of this.#objects) {
      if (this.#objects.size <= OBJECTS_MAX && nowMs - lastMs <= REMEMBERED_MS) return
      this.#objects.delete(key)
    }
  }
}

interface Notes {
  readonly budget: EventBudget
  readonly occurrences: Occurrence[]
  lastMs: number
}

/** Whether enough others were noted lately that a further message goes into the combined Event. */
function isOneTooMany(similar: readonly Occurrence[], message: string): boolean {
  if (similar.length < SIMILAR_MAX - 1) return false
  const messages = new Set<string>()
  for (const one of similar) if (one.isRecent && !one.isCombined) messages.add(one.note.message)
  return messages.size >= SIMILAR_MAX - 1 && !messages.has(message)
}

/** `similar` notes agree on type and reason. */
function isSame(left: EventNote, right: EventNote): boolean {
  return left.message === right.message && left.fieldPath === right.fieldPath
}

function begin({ occurrences }: Notes, note: EventNote, isCombined: boolean): Occurrence {
  if (occurrences.length >= OCCURRENCES_MAX) occurrences.shift()
  const occurrence = { note, isCombined, count: 0, lastMs: 0, isRecent: true, written: undefined, busy: undefined }
  occurrences.push(occurrence)
  return occurrence
}
