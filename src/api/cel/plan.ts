import type { Expr } from './ast.ts'
import { type Attribute, resolver } from './attributes.ts'
import { SELECT_COST } from './cost.ts'
import type { Environment } from './declarations.ts'
import type { Step } from './evaluation.ts'
import { Optional, type Value } from './values.ts'

/** A node on its way to a Step: constants fold into their parents, attributes can still grow. */
export type Plan =
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'attribute'; readonly attribute: Attribute; readonly isTest: boolean }
  | { readonly kind: 'step'; readonly run: Step }

/** Plans the parts of an expression: what calls and loops ask for theirs. */
export interface Planner {
  readonly environment: Environment
  plan(expr: Expr): Plan
  step(expr: Expr): Step
  /** A slot of the frame for a value of a loop's own. */
  allocate(): number
  /** Plans with further variables, the innermost last. */
  withLocals<T>(locals: readonly LocalVariable[], body: () => T): T
}

export interface LocalVariable {
  readonly name: string
  readonly read: Step
}

/** The Step of a finished plan. An attribute costs one, whatever lies on its path; a conditional costs only its parts. */
export function stepOf(plan: Plan): Step {
  if (plan.kind === 'step') return plan.run
  if (plan.kind === 'constant') {
    const { value } = plan
    return () => value
  }
  const resolve = resolver(plan.attribute)
  if (plan.isTest) return testStep(resolve)
  if (plan.attribute.kind === 'conditional') return resolve
  return (frame) => {
    const value = resolve(frame)
    frame.spend(SELECT_COST)
    return value
  }
}

function testStep(resolve: Step): Step {
  return (frame) => {
    const value = resolve(frame)
    return value instanceof Optional ? value.value !== undefined : value
  }
}
