import { RE2JS } from 're2js'
import { expandTemplate } from '../relabel/anchored-pattern.ts'
import { GoError } from './values.ts'

/** Patterns that were compiled: a template is rendered again and again with the same ones. */
const COMPILED_MAX = 200

/** Regular expressions as templates use them: not anchored. */
export class TemplatePatterns {
  readonly #compiled = new Map<string, RE2JS>()

  matches(pattern: string, text: string): boolean {
    return this.#compile(pattern).test(text)
  }

  /** Every match replaced; `$1` and `${name}` stand for what was captured. */
  replaceAll(pattern: string, replacement: string, text: string): string {
    const compiled = this.#compile(pattern)
    const names = compiled.namedGroups()
    const matcher = compiled.matcher(text)
    let replaced = ''
    let last = 0
    while (matcher.find()) {
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? '')
      replaced += text.slice(last, matcher.start()) + expandTemplate(replacement, { groups, names })
      last = matcher.end()
    }
    return replaced + text.slice(last)
  }

  #compile(pattern: string): RE2JS {
    const present = this.#compiled.get(pattern)
    if (present !== undefined) return present
    try {
      const compiled = RE2JS.compile(pattern)
      if (this.#compiled.size >= COMPILED_MAX) this.#compiled.clear()
      this.#compiled.set(pattern, compiled)
      return compiled
    } catch (failure) {
      throw new GoError(failure instanceof Error ? failure.message : String(failure), { cause: failure })
    }
  }
}
