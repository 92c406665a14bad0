import { execute, type GoFunctions, type MissingKey, type OutputWriter } from './execute.ts'
import { HtmlWriter } from './html-writer.ts'
import { BRACES, type Delimiters } from './lexer.ts'
import { parseTemplates, type Templates, withTemplates } from './parser.ts'
import { printTop } from './print.ts'
import { BUILTIN_FUNCTIONS } from './builtins.ts'
import type { Value } from './values.ts'

export type Escaping = 'text' | 'html'

/** Go templates that were parsed, with the functions that they may call. Immutable: `with` makes another. */
export class TemplateSet {
  readonly #templates: Templates
  readonly #functions: GoFunctions
  readonly #names: ReadonlySet<string>
  readonly #delimiters: Delimiters

  constructor(functions: GoFunctions, templates: Templates = new Map(), delimiters: Delimiters = BRACES) {
    this.#functions = functions
    this.#templates = templates
    this.#delimiters = delimiters
    this.#names = new Set([...Object.keys(BUILTIN_FUNCTIONS), 'and', 'or', ...Object.keys(functions)])
  }

  /** The set with the templates that `text` defines; it is itself the template `name`. Throws a `TemplateParseError`. */
  with(name: string, text: string): TemplateSet {
    const parsed = parseTemplates(name, text, { functions: this.#names, delimiters: this.#delimiters })
    return new TemplateSet(this.#functions, withTemplates(this.#templates, parsed), this.#delimiters)
  }

  /** The set with other functions of the same names. */
  withFunctions(functions: GoFunctions): TemplateSet {
    return new TemplateSet({ ...this.#functions, ...functions }, this.#templates, this.#delimiters)
  }

  has(name: string): boolean {
    return this.#templates.has(name)
  }

  /** What the template `name` says about `data`. Throws a `TemplateError`. */
  render(name: string, data: Value, options: { escaping?: Escaping; missingKey?: MissingKey } = {}): string {
    const writer = options.escaping === 'html' ? new HtmlWriter() : new TextWriter()
    const { missingKey = 'zero' } = options
    execute(name, data, { templates: this.#templates, functions: this.#functions, missingKey, writer })
    return writer.finish()
  }
}

class TextWriter implements OutputWriter {
  #written = ''

  text(text: string): void {
    this.#written += text
  }

  value(value: Value): void {
    this.#written += printTop(value)
  }

  print(value: Value): string {
    return printTop(value)
  }

  finish(): string {
    return this.#written
  }
}
