/** Times as Go reads them, and why it does not: `time.Parse` of the standard library. */
export interface TimeLayout {
  readonly text: string
  readonly fractionDigits: number | undefined
}

export const RFC3339: TimeLayout = { text: '2006-01-02T15:04:05Z07:00', fractionDigits: undefined }
export const RFC3339_MICRO: TimeLayout = { text: '2006-01-02T15:04:05.000000Z07:00', fractionDigits: 6 }

interface Element {
  readonly layout: string
  readonly pattern: RegExp
  readonly name?: string
  readonly max?: number
}

const ELEMENTS: readonly Element[] = [
  { layout: '2006', pattern: /^\d{4}/ },
  { layout: '-', pattern: /^-/ },
  { layout: '01', pattern: /^\d\d/, name: 'month', max: 12 },
  { layout: '-', pattern: /^-/ },
  { layout: '02', pattern: /^\d\d/, name: 'day', max: 31 },
  { layout: 'T', pattern: /^T/ },
  { layout: '15', pattern: /^\d\d?/, name: 'hour', max: 23 },
  { layout: ':', pattern: /^:/ },
  { layout: '04', pattern: /^\d\d/, name: 'minute', max: 59 },
  { layout: ':', pattern: /^:/ },
  { layout: '05', pattern: /^\d\d/, name: 'second', max: 59 },
]

/** Undefined when the text is a time. */
export function explainTimeError(text: string, { text: layout, fractionDigits }: TimeLayout): string | undefined {
  const failed = (what: string): string => `parsing time ${JSON.stringify(text)}${what}`
  const cannot = (rest: string, element: string): string =>
    failed(` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`)
  let rest = text
  const numbers: number[] = []
  for (const { layout: element, pattern, name, max } of ELEMENTS) {
    const match = pattern.exec(rest)?.[0]
    if (match === undefined) return cannot(rest, element)
    const number = Number(match)
    if (max !== undefined && number > max) return failed(`: ${name} out of range`)
    if (name === 'month' && number === 0) return failed(': month out of range')
    if (/\d/.test(element)) numbers.push(number)
    rest = rest.slice(match.length)
  }
  const fraction = fractionDigits === undefined ? /^[.,]\d+/.exec(rest)?.[0] : /^[.,]\d{6}/.exec(rest)?.[0]
  if (fractionDigits !== undefined && fraction === undefined) return cannot(rest, '.000000')
  rest = rest.slice(fraction?.length ?? 0)
  const zone = /^(?:Z|[+-]\d\d:\d\d)/.exec(rest)?.[0]
  if (zone === undefined) return cannot(rest, 'Z07:00')
  if (rest.length > zone.length) return failed(`: extra text: ${JSON.stringify(rest.slice(zone.length))}`)
  const [year = 0, month = 1, day = 1] = numbers
  return day === 0 || day > daysIn(year, month) ? failed(': day out of range') : undefined
}

function daysIn(year: number, month: number): number {
  const last = new Date(0)
  last.setUTCFullYear(year, month, 0)
  return last.getUTCDate()
}
