/** The values that one field of a cron schedule allows. */
export interface Field {
  readonly values: ReadonlySet<number>
  /** Written as `*` or `?`, with or without a step: it does not restrict by itself. */
  readonly isStar: boolean
}

export interface FieldRange {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** In the order in which they stand in a schedule (github.com/robfig/cron v3 spec.go). */
export const FIELDS: readonly FieldRange[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
]

export class ScheduleError extends Error {
  override readonly name = 'ScheduleError'
}

/** A list of `*`, `n`, `n-m`, each with or without `/step`. */
export function parseField(text: string, range: FieldRange): Field {
  const values = new Set<number>()
  let isStar = false
  for (const part of text.split(',').filter((one) => one !== '')) {
    const parsed = parsePart(part, range)
    isStar ||= parsed.isStar
    for (let value = parsed.first; value <= parsed.last; value += parsed.step) values.add(value)
  }
  return { values, isStar }
}

interface Part {
  readonly first: number
  readonly last: number
  readonly step: number
  readonly isStar: boolean
}

function parsePart(text: string, range: FieldRange): Part {
  const [span = '', stepText, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreBounds] = span.split('-')
  if (moreBounds.length > 0) throw new ScheduleError(`too many hyphens: ${text}`)
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`)
  const isStar = low === '*' || low === '?'
  const first = isStar ? range.min : parseValue(low, range)
  const step = stepText === undefined ? 1 : parseNumber(stepText)
  const end = isStar ? range.max : high === undefined ? first : parseValue(high, range)
  // `5/10` means from 5 on.
  const last = !isStar && high === undefined && stepText !== undefined ? range.max : end
  check({ first, last, step }, text, range)
  // A star with a step of its own restricts, as a list would.
  return { first, last, step, isStar: isStar && step === 1 }
}

function check({ first, last, step }: Omit<Part, 'isStar'>, text: string, { min, max }: FieldRange): void {
  if (first < min) throw new ScheduleError(`beginning of range (${first}) below minimum (${min}): ${text}`)
  if (last > max) throw new ScheduleError(`end of range (${last}) above maximum (${max}): ${text}`)
  if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${text}`)
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`)
}

function parseValue(text: string, { min, names = [] }: FieldRange): number {
  const index = names.indexOf(text.toLowerCase())
  return index >= 0 ? index + min : parseNumber(text)
}

function parseNumber(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text)
  if (/^-[0-9]+$/.test(text)) throw new ScheduleError(`negative number (${text}) not allowed: ${text}`)
  const why = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  throw new ScheduleError(`failed to parse int from ${text}: ${why}`)
}
