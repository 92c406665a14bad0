import { compareText } from '../../../base/compare-text.ts'
import type { Selection } from '../../model/storage.ts'
import { ChunkList } from '../chunks/chunk-list.ts'
import type { SeriesRow } from '../stored-series.ts'
import type { Head } from './head.ts'

/** Rows of the head's series that match and have chunks in the range, sorted by labels. */
export function selectHead(head: Head, selection: Selection): readonly SeriesRow[] {
  const { matchers, limit = Infinity } = selection
  if (!head.overlaps(selection)) return []
  const list = new ChunkList()
  const rows: SeriesRow[] = []
  for (const slot of matchingSlots(head, matchers)) {
    if (rows.length >= limit) break
    const from = list.length
    head.collect(slot, selection, list)
    head.collectLate(slot, selection, list)
    if (list.length === from) continue
    const deleted = head.deleted.get(slot)
    if (deleted !== undefined) list.markDeleted(from, deleted)
    rows.push({ labels: head.series.labels(slot), list, from, to: list.length, starts: head.startTimes.of(slot) })
  }
  return rows
}

/** Slots of the series that match, in the order of their labels. */
export function matchingSlots(head: Head, matchers: Selection['matchers']): readonly number[] {
  const { series } = head
  return series.sorted(series.postings.select(matchers, () => series.all()))
}

export function headLabelNames(head: Head, selection: Selection): string[] {
  const { series } = head
  if (!head.overlaps(selection)) return []
  if (selection.matchers.length === 0) return series.postings.names()
  const names = new Set<string>()
  for (const slot of series.postings.select(selection.matchers, () => series.all())) {
    for (const [name] of series.labels(slot)) names.add(name)
  }
  return [...names].sort(compareText)
}

export function headLabelValues(head: Head, name: string, selection: Selection): string[] {
  const { series } = head
  if (!head.overlaps(selection)) return []
  if (selection.matchers.length === 0) return series.postings.values(name)
  const values = new Set<string>()
  for (const slot of series.postings.select(selection.matchers, () => series.all())) {
    const value = series.labels(slot).get(name)
    if (value !== '') values.add(value)
  }
  return [...values].sort(compareText)
}
