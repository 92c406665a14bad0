import { TemplateParseError } from './parser.ts'
import type { MissingKey } from './execute.ts'
import { TemplateError } from './execute.ts'
import { prometheusFunctions, type TemplateSample } from './prometheus-functions.ts'
import { type Escaping, TemplateSet } from './template.ts'
import { GoError, safeContent, type Value, textOf } from './values.ts'

/** Runs a query for a template: what an instant query gives, as a vector. */
export type TemplateQuery = (expr: string) => Promise<readonly TemplateSample[]>

export interface ExpandOptions {
  /** Named in messages. */
  readonly name: string
  readonly data: Value
  readonly nowMs: number
  readonly externalUrl: URL
  readonly query: TemplateQuery
  readonly escaping?: Escaping
  readonly missingKey?: MissingKey
}

/** A template of Prometheus' could not be expanded; the message is upstream's. */
export class ExpandError extends Error {
  override readonly name = 'ExpandError'
}

/** How many different queries one expansion may ask. */
const QUERIES_MAX = 1_000

/**
 * What a template says. Templates run without a pause and are pure: one that asks a query whose answer is not there yet is
 * stopped, the query is asked, and the template runs again from its beginning with the answer.
 */
export async function expandTemplateText(text: string, options: ExpandOptions): Promise<string> {
  const answers = new Map<string, Answer>()
  const query = (expr: string): readonly TemplateSample[] => {
    const answer = answers.get(expr)
    if (answer === undefined) throw new UnansweredQuery(expr)
    if ('failure' in answer) throw new GoError(answer.failure)
    return answer.samples
  }
  for (;;) {
    try {
      return render(text, options, query)
    } catch (failure) {
      if (!(failure instanceof UnansweredQuery)) throw failure
      if (answers.size >= QUERIES_MAX)
        throw new ExpandError(`more than ${QUERIES_MAX} queries in template ${options.name}`)
      answers.set(failure.expr, await answerOf(options.query(failure.expr)))
    }
  }
}

/** What is wrong with a template's text, if anything is. */
export function templateProblem(name: string, text: string): string | undefined {
  const functions = prometheusFunctions({ nowMs: 0, externalUrl: new URL('http://localhost'), query: () => [] })
  try {
    new TemplateSet(functions).with(name, text)
    return undefined
  } catch (failure) {
    if (failure instanceof TemplateParseError) return failure.message
    throw failure
  }
}

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

function render(text: string, options: ExpandOptions, query: (expr: string) => readonly TemplateSample[]): string {
  const { name, data, nowMs, externalUrl, escaping = 'text', missingKey = 'zero' } = options
  let set: TemplateSet | undefined
  const tmpl = {
    parameters: ['string', 'any'],
    call: ([wanted, dot]: readonly Value[]): Value => {
      if (set?.has(textOf(wanted)) !== true) throw new GoError(`html/template: ${JSON.stringify(wanted)} is undefined`)
      return safeContent('template.HTML', set.render(textOf(wanted), dot, { escaping, missingKey }))
    },
  }
  const functions = prometheusFunctions({ nowMs, externalUrl, query })
  try {
    set = new TemplateSet(escaping === 'html' ? { ...functions, tmpl } : functions).with(name, text)
    return set.render(name, data, { escaping, missingKey })
  } catch (failure) {
    if (failure instanceof TemplateParseError) {
      throw new ExpandError(`error parsing template ${name}: ${failure.message}`, { cause: failure })
    }
    if (failure instanceof TemplateError) {
      throw new ExpandError(`error executing template ${name}: ${failure.message}`, { cause: failure })
    }
    throw failure
  }
}
