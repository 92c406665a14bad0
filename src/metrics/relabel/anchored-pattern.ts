import { RE2JS } from 're2js'

/** A regular expression of a configuration: RE2's syntax, anchored at both ends, and `.` matches newlines too. */
export interface AnchoredPattern {
  readonly source: string
  test(text: string): boolean
  /** The captures by number, the whole match first; undefined when the text does not match. */
  match(text: string): Captures | undefined
}

/** What a match captured. */
export interface Captures {
  readonly groups: readonly string[]
  readonly names: Readonly<Record<string, number>>
}

/** Throws, in RE2's words, when the pattern is malformed. */
export function anchoredPattern(source: string): AnchoredPattern {
  if (source === ANYTHING.source) return ANYTHING
  return isLiteral(source) ? new LiteralPattern(source) : new RegularPattern(source)
}

/**
 * `$1`, `${1}`, `$name`, `${name}` replaced by what they captured, `$$` by `$`. A name is the longest run of letters, digits
 * and underscores: `$1x` asks for a group called `1x`. Source: Go's regexp.Expand.
 */
export function expandTemplate(template: string, { groups, names }: Captures): string {
  if (!template.includes('$')) return template
  return template.replaceAll(REFERENCE, (_, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare
    if (name === undefined) return '$'
    const index = NUMBER.test(name) ? Number(name) : names[name]
    return index === undefined ? '' : (groups[index] ?? '')
  })
}

const REFERENCE = /\$\$|\$\{([\p{L}\p{Nd}_]+)\}|\$([\p{L}\p{Nd}_]+)/gu
const NUMBER = /^\d+$/
const META = /[\\.+*?()|[\]{}^$]/
const NO_NAMES: Readonly<Record<string, number>> = {}

function isLiteral(source: string): boolean {
  return !META.test(source)
}

/** `(.*)`, the default of every rule: most rules that name no pattern mean this one. */
const ANYTHING: AnchoredPattern = {
  source: '(.*)',
  test: () => true,
  match: (text) => ({ groups: [text, text], names: NO_NAMES }),
}

class LiteralPattern implements AnchoredPattern {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  test(text: string): boolean {
    return text === this.source
  }

  match(text: string): Captures | undefined {
    return text === this.source ? { groups: [text], names: NO_NAMES } : undefined
  }
}

class RegularPattern implements AnchoredPattern {
  readonly source: string
  readonly #compiled: RE2JS

  constructor(source: string) {
    this.source = source
    this.#compiled = RE2JS.compile(`^(?s:${source})$`)
  }

  test(text: string): boolean {
    return this.#compiled.test(text)
  }

  match(text: string): Captures | undefined {
    const matcher = this.#compiled.matcher(text)
    if (!matcher.find()) return undefined
    const groups: string[] = []
    for (let index = 0; index <= matcher.groupCount(); index++) groups.push(matcher.group(index) ?? '')
    return { groups, names: this.#compiled.namedGroups() }
  }
}
