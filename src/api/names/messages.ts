/** Phrases that many rules share, in the words of k8s.io/apimachinery pkg/util/validation/validation.go. */

/** The answer of every check that found nothing wrong; shared, as almost all do. */
export const NO_PROBLEMS: readonly string[] = Object.freeze([])

export function maxCharactersMessage(lengthMax: number): string {
  return `must be no more than ${lengthMax} characters`
}

/** Label keys and values say bytes: pkg/api/validate/content/errors.go. */
export function maxBytesMessage(lengthMax: number): string {
  return `must be no more than ${lengthMax} bytes`
}

export function patternMessage(rule: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${pattern}')`
  const list = examples.map((example) => `'${example}', `).join(' or ')
  return `${rule} (e.g. ${list}regex used for validation is '${pattern}')`
}

export function inclusiveRangeMessage(min: number, max: number): string {
  return `must be between ${min} and ${max}, inclusive`
}

export const EMPTY_MESSAGE = 'must be non-empty'

/** Go counts bytes. The cheap bound first: no character takes more than three bytes a UTF-16 unit. */
export function isLongerThan(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax
}
