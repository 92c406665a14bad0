import { compareLabels, Labels } from '../../model/labels.ts'
import type { SeriesRef } from '../../model/storage.ts'
import { PostingsIndex } from './postings-index.ts'

/** Below this many texts it is not worth the while to look for those that nobody has any more. */
const TEXTS_MIN = 10_000

/** References from here on are looked up in a map: a table up to them would be too large. */
const SMALL_REFS_MAX = 1 << 22

/**
 * Who is who in the head: every series has a slot, its row in all columns, and a reference, its name in the write-ahead log.
 * Slots of series that went are used again, references never.
 */
export class SeriesTable {
  readonly postings = new PostingsIndex()
  readonly #labels: (Labels | undefined)[] = []
  readonly #refs: number[] = []
  /** Slot + 1 by reference, as far as references are small; 0: none. Nearly all are: they count from 1. */
  #slotsBySmallRef = new Int32Array(1024)
  readonly #slotsByRef = new Map<SeriesRef, number>()
  readonly #byKey = new Map<string, number>()
  readonly #free: number[] = []
  readonly #texts = new Map<string, string>()
  #lastRef = 0
  /** Series that were ever added. */
  added = 0
  /** Slots in the order of their labels, as far as `#unranked` is not in the way. */
  #ranked: number[] = []
  #ranks = new Uint32Array(0)
  #unranked: number[] = []
  #isRanked = false
  #textsKept = TEXTS_MIN

  get size(): number {
    return this.#byKey.size
  }

  /** Slots are below this. */
  get slotsEnd(): number {
    return this.#labels.length
  }

  get lastRef(): SeriesRef {
    return this.#lastRef
  }

  slotOf(ref: SeriesRef): number | undefined {
    if (ref < this.#slotsBySmallRef.length) {
      const slot = (this.#slotsBySmallRef[ref] ?? 0) - 1
      return slot < 0 ? undefined : slot
    }
    return this.#slotsByRef.get(ref)
  }

  #setSlot(ref: SeriesRef, slot: number): void {
    if (ref < SMALL_REFS_MAX && ref >= this.#slotsBySmallRef.length) {
      const grown = new Int32Array(Math.min(SMALL_REFS_MAX, ref * 2))
      grown.set(this.#slotsBySmallRef)
      this.#slotsBySmallRef = grown
    }
    if (ref < this.#slotsBySmallRef.length) this.#slotsBySmallRef[ref] = slot + 1
    else this.#slotsByRef.set(ref, slot)
  }

  find(labels: Labels): number | undefined {
    return this.#byKey.get(labels.key)
  }

  labels(slot: number): Labels {
    return this.#labels[slot] ?? Labels.empty
  }

  ref(slot: number): SeriesRef {
    return this.#refs[slot] ?? 0
  }

  isUsed(slot: number): boolean {
    return this.#labels[slot] !== undefined
  }

  /** A new series. Its labels must not be there yet. */
  add(labels: Labels, ref: SeriesRef = this.#lastRef + 1): number {
    const slot = this.#free.pop() ?? this.#labels.length
    const shared = new Labels(labels.pairs.map((text) => this.#shared(text)))
    this.#labels[slot] = shared
    this.added++
    this.#refs[slot] = ref
    this.#lastRef = Math.max(this.#lastRef, ref)
    this.#setSlot(ref, slot)
    this.#byKey.set(shared.key, slot)
    this.#unranked.push(slot)
    this.postings.add(slot, shared)
    return slot
  }

  /** Another reference to a series: a log may hold two of one label set. */
  alias(ref: SeriesRef, slot: number): void {
    this.#setSlot(ref, slot)
    this.#lastRef = Math.max(this.#lastRef, ref)
  }

  reserveRef(ref: SeriesRef): void {
    this.#lastRef = Math.max(this.#lastRef, ref)
  }

  remove(slots: readonly number[]): void {
    if (slots.length === 0) return
    const gone = new Set(slots)
    this.postings.remove(
      gone,
      slots.map((slot) => this.labels(slot)),
    )
    for (const slot of slots) this.#byKey.delete(this.labels(slot).key)
    for (const [ref, slot] of this.#slotsByRef) if (gone.has(slot)) this.#slotsByRef.delete(ref)
    const small = this.#slotsBySmallRef
    for (let ref = 1; ref < small.length && ref <= this.#lastRef; ref++) {
      if (gone.has((small[ref] ?? 0) - 1)) small[ref] = 0
    }
    this.#ranked = this.#ranked.filter((slot) => !gone.has(slot))
    this.#unranked = this.#unranked.filter((slot) => !gone.has(slot))
    this.#isRanked = false
    for (const slot of slots) this.#labels[slot] = undefined
    this.#free.push(...slots)
    this.#forgetTexts()
  }

  /** All slots in use, ascending. */
  all(): number[] {
    const slots: number[] = []
    for (let slot = 0; slot < this.#labels.length; slot++) if (this.#labels[slot] !== undefined) slots.push(slot)
    return slots
  }

  /** The same slots, in the order of their labels. */
  sorted(slots: readonly number[]): number[] {
    this.#rank()
    const ranks = this.#ranks
    const order = new Uint32Array(slots.length)
    for (let index = 0; index < slots.length; index++) order[index] = ranks[slots[index] ?? 0] ?? 0
    order.sort()
    const ranked = this.#ranked
    return Array.from(order, (rank) => ranked[rank] ?? 0)
  }

  #rank(): void {
    if (this.#unranked.length > 0) {
      const fresh = this.#unranked.sort((a, b) => compareLabels(this.labels(a), this.labels(b)))
      this.#ranked = this.#merged(this.#ranked, fresh)
      this.#unranked = []
    } else if (this.#isRanked) return
    if (this.#ranks.length < this.#labels.length) this.#ranks = new Uint32Array(this.#labels.length * 2)
    for (let rank = 0; rank < this.#ranked.length; rank++) this.#ranks[this.#ranked[rank] ?? 0] = rank
    this.#isRanked = true
  }

  #merged(a: readonly number[], b: readonly number[]): number[] {
    const merged: number[] = []
    let left = 0
    let right = 0
    while (left < a.length && right < b.length) {
      const x = a[left] ?? 0
      const y = b[right] ?? 0
      if (compareLabels(this.labels(x), this.labels(y)) <= 0) {
        merged.push(x)
        left++
      } else {
        merged.push(y)
        right++
      }
    }
    for (; left < a.length; left++) merged.push(a[left] ?? 0)
    for (; right < b.length; right++) merged.push(b[right] ?? 0)
    return merged
  }

  /**
   * One text for all that are equal, and one of its own: a label that was cut out of a scraped page would keep the whole page
   * in memory.
   */
  #shared(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const own = Buffer.from(text, 'utf8').toString('utf8')
    this.#texts.set(own, own)
    return own
  }

  #forgetTexts(): void {
    if (this.#texts.size < 4 * this.#textsKept) return
    this.#texts.clear()
    for (const labels of this.#labels) for (const text of labels?.pairs ?? []) this.#texts.set(text, text)
    this.#textsKept = this.#texts.size
  }
}
