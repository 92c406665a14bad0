import { isAlphaNumeric, isDigit, isSpace } from './source.ts'

/** Walks over the bytes of a query. `''` stands for the end. */
export class Cursor {
  readonly bytes: string
  /** The byte that is read next. */
  pos: number
  /** Where the token that is being read begins. */
  start: number

  constructor(bytes: string, pos = 0) {
    this.bytes = bytes
    this.pos = pos
    this.start = pos
  }

  peek(): string {
    return this.bytes.charAt(this.pos)
  }

  next(): string {
    const byte = this.bytes.charAt(this.pos)
    if (byte !== '') this.pos++
    return byte
  }

  /** What has been read of the token so far. */
  get pending(): string {
    return this.bytes.slice(this.start, this.pos)
  }

  ignorePending(): void {
    this.start = this.pos
  }

  skipSpaces(): void {
    while (isSpace(this.peek())) this.pos++
    this.start = this.pos
  }

  /** Reads the next byte if it is one of these. */
  accept(set: string): boolean {
    if (!this.sees(set)) return false
    this.pos++
    return true
  }

  acceptRun(set: string): void {
    while (this.accept(set));
  }

  sees(set: string): boolean {
    const byte = this.peek()
    return byte !== '' && set.includes(byte)
  }

  acceptWord(): string {
    while (isAlphaNumeric(this.peek())) this.pos++
    return this.pending
  }
}

const DECIMAL = '0123456789'
const HEXADECIMAL = '0123456789abcdefABCDEF'

/**
 * Reads what looks like a number: decimal, hexadecimal, with a fraction, an exponent, underscores. Whether it is one shows
 * when it is converted. False: it looks like none, and the cursor stands behind what is wrong.
 * `isSeries`: in the notation of series, where `0x3` is a zero four times.
 */
export function scanNumber(cursor: Cursor, isSeries = false): boolean {
  const first = cursor.pos
  let digits = DECIMAL
  if (!isSeries && cursor.accept('0') && cursor.accept('xX')) {
    cursor.accept('_')
    digits = HEXADECIMAL
  }
  cursor.accept('.')
  cursor.accept(digits)
  if (!scanRest(cursor, digits) || cursor.pos === first) return false
  return (isSeries && cursor.peek() === 'x') || !isAlphaNumeric(cursor.peek())
}

/** Digits, one point, one exponent, and single underscores, in the order in which they come. */
function scanRest(cursor: Cursor, digits: string): boolean {
  let hasPoint = false
  let hasExponent = false
  while (cursor.sees(`${digits}._eE`)) {
    if (cursor.accept('.')) {
      if (hasPoint || cursor.accept('_.') || digits === HEXADECIMAL) return false
      hasPoint = true
    } else if (cursor.accept('eE')) {
      if (hasExponent) return false
      hasExponent = true
      cursor.accept('+-')
      if (cursor.accept('._eE') || cursor.peek() === '') return false
    } else if (cursor.accept('_')) {
      if (cursor.accept('._eE') || cursor.peek() === '') return false
    } else {
      cursor.acceptRun(digits)
    }
  }
  return true
}

/** Reads on, behind a number, what makes it a duration: a unit, and more numbers with units. */
export function scanDurationRest(cursor: Cursor): boolean {
  // Years come first or not at all; which units go together shows when it is converted.
  for (let units = 'smhdwy'; ; units = 'smhdw') {
    if (!cursor.accept(units)) return false
    cursor.accept('s')
    if (!isDigit(cursor.peek())) break
    cursor.acceptRun(DECIMAL)
  }
  if (!isAlphaNumeric(cursor.peek())) return true
  cursor.pos++
  return false
}
