import { compareText } from '../../../base/compare-text.ts'
import { goQuote } from '../../../base/go-quote.ts'
import { fnv1a64 } from '../../model/fnv.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'

const SEPARATOR = Buffer.from([0xff])

/** Sixteen digits that tell one label set from another (prometheus/common model/fingerprinting.go). */
export function fingerprintOf(labels: LabelSet): string {
  const parts = sortedNames(labels).flatMap((name) => [
    Buffer.from(name),
    SEPARATOR,
    Buffer.from(labels[name] ?? ''),
    SEPARATOR,
  ])
  return fnv1a64(Buffer.concat(parts)).toString(16).padStart(16, '0')
}

/** `{alertname="Down", job="api"}`: labels as keys of groups have them. */
export function printLabelSet(labels: LabelSet): string {
  return `{${sortedNames(labels)
    .map((name) => `${name}=${goQuote(labels[name] ?? '')}`)
    .join(', ')}}`
}

export function sortedNames(labels: LabelSet): readonly string[] {
  return Object.keys(labels).sort(compareText)
}

/** The order of label sets: names and values side by side, then the shorter one (prometheus/common model/labelset.go Before). */
export function compareLabelSets(a: LabelSet, b: LabelSet): number {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(compareText)
  if (Object.keys(a).length !== Object.keys(b).length) return Object.keys(a).length - Object.keys(b).length
  for (const name of names) {
    const [left, right] = [a[name], b[name]]
    if (left === undefined) return 1
    if (right === undefined) return -1
    const order = compareText(left, right)
    if (order !== 0) return order
  }
  return 0
}
