import { check } from './checker.ts'
import { type Range, type SizeLookup } from './cost.ts'
import { ProgramError } from './program-error.ts'
import type { Environment } from './declarations.ts'
import { estimateCost } from './estimator.ts'
import { CostExceeded, Frame, type Step } from './evaluation.ts'
import { type Issue, printIssues } from './issues.ts'
import { checkLiterals } from './literals.ts'
import { parse } from './parser.ts'
import { planProgram } from './planner.ts'
import type { CelType } from './types.ts'
import { DYN } from './types.ts'
import { CelError, type Value } from './values.ts'

/** A source that cannot be compiled: the message shows each place and what is wrong there. */
export class CompileError extends Error {
  override readonly name = 'CompileError'
}

/** A compiled expression. It keeps no state: it may be evaluated any number of times. */
export interface Program {
  readonly type: CelType
  /** The variables that it reads. */
  readonly variables: ReadonlySet<string>
  /** What it costs at least and at most, given how large the data can be. */
  estimate(sizes: SizeLookup): Range
  /** Undefined bindings are variables without a value: an error where they are read. Throws CostExceeded. */
  evaluate(bindings: Bindings, options: { readonly costMax: number }): Evaluation
}

export type Bindings = Readonly<Record<string, Value | undefined>>

export interface Evaluation {
  readonly value: Value
  readonly cost: number
}

/** Throws a CompileError for what the source gets wrong, a ProgramError for what cannot be prepared to run. */
export function compile(source: string, environment: Environment): Program {
  const { expr, issues } = parse(source, environment)
  if (expr === undefined) throw compileError(source, issues)
  const typeIssues = check(expr, environment)
  if (typeIssues.length > 0) throw compileError(source, typeIssues)
  const literalIssues = checkLiterals(expr)
  if (literalIssues.length > 0) throw compileError(source, literalIssues)
  const { run, variables, slotCount } = planProgram(expr, environment)
  return {
    type: expr.type ?? DYN,
    variables: new Set(variables),
    estimate: (sizes) => estimateCost(expr, environment, sizes),
    evaluate: (bindings, { costMax }) => evaluate(run, variables, bindings, { slotCount, costMax }),
  }
}

function compileError(source: string, issues: readonly Issue[]): CompileError {
  return new CompileError(printIssues(source, issues))
}

function evaluate(
  run: Step,
  variables: readonly string[],
  bindings: Bindings,
  { slotCount, costMax }: { readonly slotCount: number; readonly costMax: number },
): Evaluation {
  const slots: (Value | undefined)[] = Array.from({ length: slotCount })
  for (const [slot, name] of variables.entries()) slots[slot] = bindings[name]
  const frame = new Frame(slots, costMax)
  const value = run(frame)
  return { value, cost: frame.cost }
}

export { CelError, CostExceeded, ProgramError }
