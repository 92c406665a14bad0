import { RE2JS } from 're2js'

/** A compiled regular expression in RE2's syntax, which runs in linear time whatever the pattern. */
export interface Pattern {
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean
  /** The leftmost match; the empty text when there is none. */
  find(text: string): string
  /** All matches from left to right, up to `countMax` unless that is negative. */
  findAll(text: string, countMax: number): readonly string[]
}

/** Throws, in RE2's words, when the pattern is malformed. */
export function compilePattern(source: string): Pattern {
  return new Re2Pattern(source)
}

/** What JavaScript accepts and RE2 may not: special groups, escapes of letters, odd classes, repetitions of repetitions. */
const DUBIOUS = /\(\?(?!:)|\\[^dDsSwW\W_]|\\[dDsSwW]-|-\\[dDsSwW]|\[:|\[\^?\]|\d{4,}|\)\{/

/** What is wrong with a pattern, in RE2's words. Most can be told to be right without compiling them, which takes long. */
export function patternProblem(source: string): string | undefined {
  if (!DUBIOUS.test(source) && isJavaScript(source)) return undefined
  try {
    compilePattern(source)
    return undefined
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure)
  }
}

function isJavaScript(source: string): boolean {
  try {
    new RegExp(source)
    return true
  } catch {
    return false
  }
}

class Re2Pattern implements Pattern {
  readonly #compiled: RE2JS

  constructor(source: string) {
    this.#compiled = RE2JS.compile(source)
  }

  test(text: string): boolean {
    return this.#compiled.test(text)
  }

  find(text: string): string {
    const matcher = this.#compiled.matcher(text)
    return matcher.find() ? (matcher.group() ?? '') : ''
  }

  findAll(text: string, countMax: number): readonly string[] {
    const matches: string[] = []
    const matcher = this.#compiled.matcher(text)
    while ((countMax < 0 || matches.length < countMax) && matcher.find()) matches.push(matcher.group() ?? '')
    return matches
  }
}
