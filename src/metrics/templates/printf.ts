import { goQuote } from '../../base/go-quote.ts'
import { formatFloat } from '../../base/go-numbers.ts'
import { printPlain, printTyped, sortedEntries } from './print.ts'
import { typeName, type Value } from './values.ts'

interface Directive {
  readonly verb: string
  readonly minus: boolean
  readonly plus: boolean
  readonly space: boolean
  readonly zero: boolean
  readonly sharp: boolean
  readonly width: number | undefined
  readonly precision: number | undefined
}

const DIRECTIVE = /%([-+# 0]*)(\[\d+\])?(\*|\d+)?(?:(\.)(\[\d+\])?(\*|\d*)?)?(\[\d+\])?([^])?/gu

/** Text by a format of Go's fmt.Sprintf; what does not fit is shown in the text, as Go does, and is no error. */
export function sprintf(format: string, values: readonly Value[]): string {
  let next = 0
  let isReordered = false
  const jump = (index: string | undefined): void => {
    if (index === undefined) return
    next = Number(index.slice(1, -1)) - 1
    isReordered = true
  }
  const size = (text: string | undefined): number | undefined => {
    if (text !== '*') return text === undefined || text === '' ? undefined : Number(text)
    const value = values[next++]
    return typeof value === 'bigint' ? Number(value) : undefined
  }
  const text = format.replace(
    DIRECTIVE,
    (
      _match,
      flags: string,
      first?: string,
      width?: string,
      dot?: string,
      second?: string,
      digits?: string,
      third?: string,
      verb?: string,
    ) => {
      jump(first)
      const sized = size(width)
      jump(second)
      const precision = dot === undefined ? undefined : (size(digits) ?? 0)
      jump(third)
      if (verb === undefined) return '%!(NOVERB)'
      if (verb === '%') return '%'
      if (next < 0 || next >= values.length) {
        next++
        return isReordered && third !== undefined ? `%!${verb}(BADINDEX)` : `%!${verb}(MISSING)`
      }
      const value = values[next++]
      return formatValue(value, directive({ flags, width: sized, precision, verb }))
    },
  )
  if (isReordered || next >= values.length) return text
  return `${text}%!(EXTRA ${values.slice(next).map(printTyped).join(', ')})`
}

function directive(parts: {
  flags: string
  width: number | undefined
  precision: number | undefined
  verb: string
}): Directive {
  const { flags, width, precision, verb } = parts
  const minus = flags.includes('-') || (width !== undefined && width < 0)
  return {
    verb,
    minus,
    plus: flags.includes('+'),
    space: flags.includes(' '),
    zero: flags.includes('0') && !minus,
    sharp: flags.includes('#'),
    width: width === undefined ? undefined : Math.abs(width),
    precision,
  }
}

function formatValue(value: Value, shape: Directive): string {
  if (shape.verb === 'T') return pad(typeName(value), shape)
  if (value === undefined) return shape.verb === 'v' ? pad('<nil>', shape) : `%!${shape.verb}(<nil>)`
  switch (typeof value) {
    case 'string':
      return formatText(value, shape) ?? mismatch(value, shape)
    case 'number':
      return formatNumber(value, shape) ?? mismatch(value, shape)
    case 'bigint':
      return formatInteger(value, shape) ?? mismatch(value, shape)
    case 'boolean':
      return shape.verb === 'v' || shape.verb === 't' ? pad(String(value), shape) : mismatch(value, shape)
    default:
      break
  }
  if (value.kind === 'uint') return formatInteger(value.value, shape) ?? mismatch(value, shape)
  if (value.print !== undefined && 'vsqxX'.includes(shape.verb)) return formatText(value.print(), shape) ?? ''
  if (shape.verb === 'v') return pad(printPlain(value), shape)
  // What is made of parts has every part formatted.
  const each = (part: Value): string => formatValue(part, shape)
  if (value.kind === 'list') return `[${value.items.map(each).join(' ')}]`
  if (value.kind === 'map')
    return `map[${sortedEntries(value)
      .map(([key, item]) => `${each(key)}:${each(item)}`)
      .join(' ')}]`
  return `{${Object.values(value.fields).map(each).join(' ')}}`
}

function mismatch(value: Value, { verb }: Directive): string {
  return `%!${verb}(${printTyped(value)})`
}

function formatText(text: string, shape: Directive): string | undefined {
  const { verb, precision, sharp } = shape
  if (verb === 'x' || verb === 'X') {
    const digits = Buffer.from(text).toString('hex')
    return pad(verb === 'X' ? digits.toUpperCase() : digits, shape)
  }
  const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join('')
  if (verb === 'q' || (verb === 'v' && sharp)) return pad(goQuote(cut), shape)
  return verb === 'v' || verb === 's' ? pad(cut, shape) : undefined
}

function formatNumber(value: number, shape: Directive): string | undefined {
  const { verb, precision } = shape
  switch (verb) {
    case 'v':
    case 'g':
    case 'G':
      return padNumber(upperIf(verb === 'G', formatFloat(value, 'g', precision ?? -1)), shape)
    case 'e':
    case 'E':
      return padNumber(upperIf(verb === 'E', formatFloat(value, 'e', precision ?? 6)), shape)
    case 'f':
    case 'F':
      return padNumber(formatFloat(value, 'f', precision ?? 6), shape)
    default:
      return undefined
  }
}

function upperIf(condition: boolean, text: string): string {
  return condition ? text.toUpperCase() : text
}

/** The base of each verb for whole numbers, and what `#` puts before the digits. */
const BASES: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  v: [10, ''],
  d: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
}

function formatInteger(value: bigint, shape: Directive): string | undefined {
  const { verb, precision, sharp } = shape
  if (verb === 'c') return pad(String.fromCodePoint(Number(value)), shape)
  if (verb === 'q') return pad(`'${String.fromCodePoint(Number(value))}'`, shape)
  if (verb === 'U') return pad(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, shape)
  const [base, prefix] = BASES[verb] ?? []
  if (base === undefined || prefix === undefined) return undefined
  const magnitude = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, '0')
  const digits = (sharp || verb === 'O' ? prefix : '') + upperIf(verb === 'X', magnitude)
  const text = value < 0n ? `-${digits}` : digits
  return padNumber(text, precision === undefined ? shape : { ...shape, zero: false })
}

function padNumber(text: string, shape: Directive): string {
  const isInfinite = text.endsWith('Inf')
  const isNaN = text === 'NaN'
  let signed = text
  if (isInfinite && text.startsWith('+') && !shape.plus) signed = shape.space ? ` ${text.slice(1)}` : text
  else if (!/^[-+]/.test(text) && shape.plus) signed = `+${text}`
  else if (!/^[-+]/.test(text) && shape.space) signed = ` ${text}`
  const { width = 0 } = shape
  if (!shape.zero || isInfinite || isNaN) return pad(signed, { ...shape, zero: false })
  const sign = /^[-+ ]/.exec(signed)?.[0] ?? ''
  return sign + signed.slice(sign.length).padStart(width - sign.length, '0')
}

function pad(text: string, { width, minus, zero }: Directive): string {
  if (width === undefined) return text
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (minus) return text + ' '.repeat(missing)
  return (zero ? '0' : ' ').repeat(missing) + text
}
