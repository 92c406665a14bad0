import { compilePattern, type Pattern } from '../../cel/patterns.ts'
import { stringFormat } from '../../cel/library/string-formats.ts'
import { type Cause, invalidValue, tooLong, typeInvalid } from '../../errors.ts'
import type { Schema } from '../schema.ts'
import type { Check, Run } from './run.ts'

const ASTRAL = /[\ud800-\udbff][\udc00-\udfff]/g

/** Says the first thing that is wrong with a text's length or form. Undefined where a schema asks nothing of it. */
export function textCheck({ maxLength, minLength, pattern }: Schema): Check | undefined {
  if (maxLength === undefined && minLength === undefined && pattern === undefined) return undefined
  const matches = pattern === undefined || pattern === '' ? undefined : patternCheck(pattern)
  return (value, run) => {
    const text = value as string
    if (maxLength !== undefined && text.length > maxLength && lengthOf(text) > maxLength) {
      run.fail(() => tooLong(run.field, maxLength))
    } else if (minLength !== undefined && (text.length < minLength || lengthOf(text) < minLength)) {
      run.fail(() => invalidValue(run.field, text, `${run.path} in body should be at least ${minLength} chars long`))
    } else matches?.(text, run)
  }
}

/** In characters, however many code units each takes. */
function lengthOf(text: string): number {
  return text.length - (text.match(ASTRAL)?.length ?? 0)
}

function patternCheck(source: string): (text: string, run: Run) => void {
  let pattern: Pattern | string | undefined
  return (text, run) => {
    pattern ??= compiledPattern(source)
    const problem = typeof pattern === 'string' ? `, but pattern is invalid: ${pattern}` : ''
    if (typeof pattern === 'string' || !pattern.test(text)) {
      run.fail(() => mismatch(text, `${source}${problem}`, run))
    }
  }
}

function mismatch(text: string, wanted: string, run: Run): Cause {
  return invalidValue(run.field, text, `${run.path} in body should match '${wanted}'`)
}

const patterns = new Map<string, Pattern>()

/** The pattern, or what is wrong with it. Schemas use few patterns many times. */
function compiledPattern(source: string): Pattern | string {
  let pattern = patterns.get(source)
  if (pattern !== undefined) return pattern
  try {
    pattern = compilePattern(source)
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure)
  }
  patterns.set(source, pattern)
  return pattern
}

export function formatCheck(format: string): Check | undefined {
  const isWellFormed = stringFormat(format.replaceAll('-', ''))
  if (isWellFormed === undefined) return undefined
  return (value, run) => {
    const text = value as string
    if (isWellFormed(text)) return
    run.fail(() =>
      typeInvalid(run.field, text, `${run.path} in body must be of type ${format}: ${JSON.stringify(text)}`),
    )
  }
}
