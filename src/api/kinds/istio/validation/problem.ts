/**
 * What Istio finds wrong with an object and refuses (`error`), or takes and only warns about (`warning`). The texts are
 * Istio's own: they go on the wire.
 */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly text: string
  /** Some errors stand in a list even when they are alone, and are printed as a list of one. */
  readonly isListed?: boolean
}

export type Problems = Iterable<Problem>

/** A part of an object that may be left out. Protobuf's JSON takes null for the same. */
export type Maybe<T> = T | null | undefined

export function isGiven<T>(part: T): part is NonNullable<T> {
  return part !== undefined && part !== null
}

/** How many entries a list or a map has; one that is left out has none. */
export function countOf(entries: Maybe<readonly unknown[] | Readonly<Record<string, unknown>>>): number {
  if (!isGiven(entries)) return 0
  return Array.isArray(entries) ? entries.length : Object.keys(entries).length
}

export function error(text: string): Problem {
  return { severity: 'error', text }
}

export function listedError(text: string): Problem {
  return { severity: 'error', text, isListed: true }
}

export function warning(text: string): Problem {
  return { severity: 'warning', text }
}

/** The error of a check that finds at most one. */
export function* errorOf(text: string | undefined): Generator<Problem> {
  if (text !== undefined) yield error(text)
}

/** Upstream loses the warnings of some parts on the way. */
export function* withoutWarnings(problems: Problems): Generator<Problem> {
  for (const problem of problems) if (problem.severity === 'error') yield problem
}

/** All errors as one text: the text itself of a single one, otherwise a list (github.com/hashicorp/go-multierror). */
export function printErrors(problems: Problems): string | undefined {
  const errors = [...withoutWarnings(problems)]
  const [first] = errors
  if (first === undefined) return undefined
  if (errors.length === 1 && first.isListed !== true) return first.text
  const heading = errors.length === 1 ? '1 error occurred' : `${errors.length} errors occurred`
  return `${heading}:${errors.map(({ text }) => `\n\t* ${text}`).join('')}\n\n`
}
