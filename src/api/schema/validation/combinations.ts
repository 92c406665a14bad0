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

function anyOfCheck(schemas: readonly Schema[], checkOf: CheckOf): Check {
  return (value, run) => {
    let best: Outcome | undefined
    for (const schema of schemas) {
      const outcome = run.attempt(value, checkOf(schema))
      if (outcome.causes.length === 0) return run.merge(outcome)
      if (best === undefined || outcome.matches > best.matches) best = outcome
    }
    run.failPlainly(`${quotedPath(run)} must validate at least one schema (anyOf)`)
    if (best !== undefined) run.merge(best)
  }
}

function oneOfCheck(schemas: readonly Schema[], checkOf: CheckOf): Check {
  return (value, run) => {
    const outcomes = schemas.map((schema) => run.attempt(value, checkOf(schema)))
    const valid = outcomes.filter(({ causes }) => causes.length === 0)
    const [first] = valid
    if (first !== undefined && valid.length === 1) return run.merge(first)
    const found = first === undefined ? 'Found none valid' : `Found ${valid.length} valid alternatives`
    run.failPlainly(`${quotedPath(run)} must validate one and only one schema (oneOf). ${found}`)
    if (first !== undefined) return
    run.merge(outcomes.reduce((best, outcome) => (outcome.matches > best.matches ? outcome : best)))
  }
}

function allOfCheck(schemas: readonly Schema[], checkOf: CheckOf): Check {
  return (value, run) => {
    let validCount = 0
    for (const schema of schemas) {
      const outcome = run.attempt(value, checkOf(schema))
      if (outcome.causes.length === 0) validCount++
      run.merge(outcome)
    }
    if (validCount === schemas.length) return
    const suffix = validCount === 0 ? '. None validated' : ''
    run.failPlainly(`${quotedPath(run)} must validate all the schemas (allOf)${suffix}`)
  }
}

function notCheck(schema: Schema, checkOf: CheckOf): Check {
  return (value, run) => {
    const { causes } = run.attempt(value, checkOf(schema))
    if (causes.length === 0) run.failPlainly(`${quotedPath(run)} must not validate the schema (not)`)
  }
}

function quotedPath(run: Run): string {
  return JSON.stringify(run.path)
}
