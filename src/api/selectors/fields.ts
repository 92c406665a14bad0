import { SelectorError } from './label-matcher.ts'

/** One condition of a field selector: `==` is read as `=`. */
export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** A field selector such as `status.phase=Running,spec.nodeName!=`; all requirements must hold. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[]

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements
  }

  get isEmpty(): boolean {
    return this.requirements.length === 0
  }

  /** `read` gives a field's value, empty where it has none. */
  matches(read: (field: string) => string): boolean {
    return this.requirements.every(({ field, operator, value }) => (read(field) === value) === (operator === '='))
  }

  /** The one value that the field must have, where the selector demands one. */
  exactValueOf(field: string): string | undefined {
    return this.requirements.find((one) => one.field === field && one.operator === '=')?.value
  }

  toString(): string {
    return this.requirements
      .map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`)
      .join(',')
  }
}

/** Reads a field selector from a URL. Throws a `SelectorError`. After k8s.io/apimachinery pkg/fields/selector.go. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = []
  for (const part of splitFieldTerms(text).toSorted()) {
    if (part === '') continue
    const term = splitFieldTerm(part)
    if (term === undefined) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`)
    const value = unescapeFieldValue(term.value)
    requirements.push({ field: term.field, operator: term.operator === '!=' ? '!=' : '=', value })
  }
  return new FieldSelector(requirements)
}

/** At commas, but not at those behind a backslash. */
export function splitFieldTerms(text: string): readonly string[] {
  if (text === '') return []
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...terms, text.slice(start)]
}

/** Splits at the first operator; the value is still escaped. */
export function splitFieldTerm(
  term: string,
): { readonly field: string; readonly operator: '=' | '==' | '!='; readonly value: string } | undefined {
  const found = /!=|==|=/.exec(term)
  const operator = found?.[0]
  if (operator !== '=' && operator !== '==' && operator !== '!=') return undefined
  const at = found?.index ?? 0
  return { field: term.slice(0, at), operator, value: term.slice(at + operator.length) }
}

export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, (character) => `\\${character}`)
}

export function unescapeFieldValue(text: string): string {
  return text.replaceAll(/\\([^])?|[,=]/gu, (found, escaped: string | undefined) => {
    if (found === ',' || found === '=') {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${found.codePointAt(0)}`)
    }
    if (escaped === '\\' || escaped === ',' || escaped === '=') return escaped
    throw new SelectorError(`invalid field selector: invalid escape sequence: ${found}`)
  })
}
