import { goQuote } from '../../../../base/go-quote.ts'

/** A whole number in text as Go's strconv.Atoi takes it; undefined when it is none, or larger than any that is used. */
export function readInteger(text: string): number | undefined {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** What strconv says of a text that it cannot read. */
export function numberProblem(text: string, reader: 'Atoi' | 'ParseUint'): string {
  const isTooLarge = reader === 'Atoi' ? /^[+-]?\d+$/.test(text) : /^\d+$/.test(text)
  return `strconv.${reader}: parsing ${goQuote(text)}: ${isTooLarge ? 'value out of range' : 'invalid syntax'}`
}

export function portProblem(port: number): string | undefined {
  return port >= 1 && port <= 65_535 ? undefined : `port number ${port} must be in the range 1..65535`
}

export function percentProblem(percent: number): string | undefined {
  return percent >= 0 && percent <= 100 ? undefined : `percentage ${percent} is not in range 0..100`
}
