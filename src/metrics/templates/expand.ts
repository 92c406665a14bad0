import type { MissingKey } from './execute.ts'
import { TemplateError } from './execute.ts'
import { TemplateParseError } from './parser.ts'
import { prometheusFunctions, type TemplateSample } from './prometheus-functions.ts'
import { type Escaping, TemplateSet } from './template.ts'
import { GoError, safeContent, textOf, type Value } from './values.ts'

/** Runs a query for a template: what an instant query gives, as a vector. */
export type TemplateQuery = (expr: string) => Promise<readonly TemplateSample[]>

export interface ExpandOptions {
  readonly data: Value
  readonly nowMs: number
  readonly externalUrl: URL
  readonly query: TemplateQuery
  readonly missingKey?: MissingKey
}

/** A template of Prometheus' could not be expanded; the message is upstream's. */
export class ExpandError extends Error {
  override readonly name = 'ExpandError'
}

/** How many different queries one expansion may ask. */
const QUERIES_MAX = 1_000

/** A template of Prometheus': parsed once, expanded as often as wanted. */
export class PrometheusTemplate {
  readonly #name: string
  readonly #text: string
  readonly #escaping: Escaping
  #parsed: TemplateSet | undefined

  /** `name` is what messages call it. */
  constructor(name: string, text: string, escaping: Escaping = 'text') {
    this.#name = name
    this.#text = text
    this.#escaping = escaping
  }

  /** What is wrong with the text, if anything is. */
  problem(): string | undefined {
    try {
      this.#parse()
      return undefined
    } catch (failure) {
      if (failure instanceof TemplateParseError) return failure.message
      throw failure
    }
  }

  /**
   * What the template says. Templates run without a pause and are pure: one that asks a query whose answer is not there yet
   * is stopped, the query is asked, and the template runs again from its beginning with the answer.
   */
  async expand(options: ExpandOptions): Promise<string> {
    const answers = new Map<string, Answer>()
    const query = (expr: string): readonly TemplateSample[] => {
      const answer = answers.get(expr)
      if (answer === undefined) throw new UnansweredQuery(expr)
      if ('failure' in answer) throw new GoError(answer.failure)
      return answer.samples
    }
    for (;;) {
      try {
        return this.#render(options, query)
      } catch (failure) {
        if (!(failure instanceof UnansweredQuery)) throw failure
        if (answers.size >= QUERIES_MAX)
          throw new ExpandError(`more than ${QUERIES_MAX} queries in template ${this.#name}`)
        answers.set(failure.expr, await answerOf(options.query(failure.expr)))
      }
    }
  }

  #parse(): TemplateSet {
    this.#parsed ??= new TemplateSet(this.#escaping === 'html' ? PAGE_FUNCTIONS : TEXT_FUNCTIONS).with(
      this.#name,
      this.#text,
    )
    return this.#parsed
  }

  #render(options: ExpandOptions, query: (expr: string) => readonly TemplateSample[]): string {
    const { data, nowMs, externalUrl, missingKey = 'zero' } = options
    const escaping = this.#escaping
    const functions = prometheusFunctions({ nowMs, externalUrl, query })
    try {
      const set: TemplateSet = this.#parse().withFunctions({ ...functions, tmpl: { ...TMPL, call: renderNamed } })
      return set.render(this.#name, data, { escaping, missingKey })

      function renderNamed([wanted, dot]: readonly Value[]): Value {
        const name = textOf(wanted)
        if (!set.has(name)) throw new GoError(`html/template: ${JSON.stringify(name)} is undefined`)
        return safeContent('template.HTML', set.render(name, dot, { escaping, missingKey }))
      }
    } catch (failure) {
      if (failure instanceof TemplateParseError) {
        throw new ExpandError(`error parsing template ${this.#name}: ${failure.message}`, { cause: failure })
      }
      if (failure instanceof TemplateError) {
        throw new ExpandError(`error executing template ${this.#name}: ${failure.message}`, { cause: failure })
      }
      throw failure
    }
  }
}

const TMPL = { parameters: ['string', 'any'], call: (): Value => undefined }

/** Functions by name, for parsing: what they do is decided when the template runs. */
const TEXT_FUNCTIONS = prometheusFunctions({ nowMs: 0, externalUrl: new URL('http://localhost'), query: () => [] })
const PAGE_FUNCTIONS = { ...TEXT_FUNCTIONS, tmpl: TMPL }

type Answer = { readonly samples: readonly TemplateSample[] } | { readonly failure: string }

class UnansweredQuery extends Error {
  readonly expr: string

  constructor(expr: string) {
    super(`not answered yet: ${expr}`)
    this.expr = expr
  }
}

async function answerOf(asked: Promise<readonly TemplateSample[]>): Promise<Answer> {
  try {
    return { samples: await asked }
  } catch (failure) {
    return { failure: failure instanceof Error ? failure.message : String(failure) }
  }
}
