import type { Schema } from '../schema.ts'
import type { Check, Outcome, Run } from './run.ts'

type CheckOf = (schema: Schema) => Check

/**
 * Schemas that must hold together, or some of them, or none. After k8s.io/kube-openapi
 * pkg/validation/validate/schema_props.go.
 */
export function combinationCheck({ allOf = [], anyOf = [], oneOf = [], not }: Schema, checkOf: CheckOf): Check {
  const parts: Check[] = []
  if (anyOf.length > 0) parts.push(anyOfCheck(anyOf, checkOf))
  if (oneOf.length > 0) parts.push(oneOfCheck(oneOf, checkOf))
  if (allOf.length > 0) parts.push(allOfCheck(allOf, checkOf))
  if (not !== undefined) parts.push(notCheck(not, checkOf))
  return (value, run) => {
    for (const part of parts) part(value, run)
    run.match()
  }
}

/** Which failed by the least, of those that failed. */
function best(outcomes: readonly Outcome[]): Outcome | undefined {
  let [found] = outcomes
  for (const outcome of outcomes) if (found !== undefined && outcome.matches > found.matches) found = outcome
  return found
}

function anyOfCheck(schemas: readonly Schema[], checkOf: CheckOf): Check {
  return (value, run) => {
    for (const schema of schemas) {
      const outcome = run.attempt(value, checkOf(schema), { quietly: true })
      if (outcome.isValid) return run.merge(outcome)
    }
    run.failPlainly(() => `${quotedPath(run)} must validate at least one schema (anyOf)`)
    const failed = best(schemas.map((schema) => run.attempt(value, checkOf(schema))))
    if (failed !== undefined) run.merge(failed)
  }
}

function oneOfCheck(schemas: readonly Schema[], checkOf: CheckOf): Check {
  return (value, run) => {
    const outcomes = schemas.map((schema) => run.attempt(value, checkOf(schema), { quietly: true }))
    const valid = outcomes.filter(({ isValid }) => isValid)
    const [first] = valid
    if (first !== undefined && valid.length === 1) return run.merge(first)
    const found = first === undefined ? 'Found none valid' : `Found ${valid.length} valid alternatives`
    run.failPlainly(() => `${quotedPath(run)} must validate one and only one schema (oneOf). ${found}`)
    const failed = first === undefined ? best(schemas.map((schema) => run.attempt(value, checkOf(schema)))) : undefined
    if (failed !== undefined) run.merge(failed)
  }
}

function allOfCheck(schemas: readonly Schema[], checkOf: CheckOf): Check {
  return (value, run) => {
    let validCount = 0
    for (const schema of schemas) {
      const outcome = run.attempt(value, checkOf(schema))
      if (outcome.isValid) validCount++
      run.merge(outcome)
    }
    if (validCount === schemas.length) return
    const suffix = validCount === 0 ? '. None validated' : ''
    run.failPlainly(() => `${quotedPath(run)} must validate all the schemas (allOf)${suffix}`)
  }
}

function notCheck(schema: Schema, checkOf: CheckOf): Check {
  return (value, run) => {
    const { isValid } = run.attempt(value, checkOf(schema), { quietly: true })
    if (isValid) run.failPlainly(() => `${quotedPath(run)} must not validate the schema (not)`)
  }
}

function quotedPath(run: Run): string {
  return JSON.stringify(run.path)
}
