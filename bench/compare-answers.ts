/** What two servers' answers to one query differ in; `undefined` when they say the same. */

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

const TOLERANCE = 1e-9

export function differenceOf(ours: string, theirs: string): string | undefined {
  const expected = byLabels(theirs)
  const found = byLabels(ours)
  if (found.size !== expected.size) return `${found.size} series, not ${expected.size}`
  for (const [labels, want] of expected) {
    const have = found.get(labels)
    if (have === undefined) return `no series ${labels}`
    if (have.length !== want.length) return `${have.length} samples, not ${want.length}, of ${labels}`
    for (const [index, [time, value]] of want.entries()) {
      const [ourTime, ourValue] = have[index] ?? [0, '']
      if (ourTime !== time || !isNear(Number(ourValue), Number(value))) {
        return `${ourValue} at ${ourTime}, not ${value} at ${time}, of ${labels}`
      }
    }
  }
  return undefined
}

function byLabels(answer: string): ReadonlyMap<string, readonly (readonly [number, string])[]> {
  const { data } = JSON.parse(answer) as { readonly data: { readonly result: readonly Series[] } }
  return new Map(
    data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => [
      JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      values,
    ]),
  )
}

function isNear(a: number, b: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
}
