/**
 * Names and values of headers by turns, names in lower case, as they follow each other on the wire. Pseudo headers and
 * `host` are not among them: a request has fields for these.
 */
export type HeaderList = readonly string[]

export const NO_HEADERS: HeaderList = []

/** The value of a header; of one that is there several times, all values with commas between them. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === name) return restOf(headers, index)
  }
  return undefined
}

export function hasHeader(headers: HeaderList, name: string): boolean {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return true
  return false
}

/** A list of its own, without any header of the name. */
export function withoutHeader(headers: HeaderList, name: string): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) kept.push(headers[index] ?? '', headers[index + 1] ?? '')
  }
  return kept
}

export function headerListOf(headers: Readonly<Record<string, string>>): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value])
}

/** Of a header that is there several times, the values are joined by commas. */
export function headerRecordOf(headers: HeaderList): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null) as Record<string, string>
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    const known = record[name]
    record[name] = known === undefined ? value : `${known},${value}`
  }
  return record
}

function restOf(headers: HeaderList, first: number): string {
  const name = headers[first]
  let value = headers[first + 1] ?? ''
  for (let index = first + 2; index < headers.length; index += 2) {
    if (headers[index] === name) value = `${value},${headers[index + 1] ?? ''}`
  }
  return value
}
