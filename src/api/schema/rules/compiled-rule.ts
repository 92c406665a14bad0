import type { Range } from '../../cel/cost.ts'
import type { Environment } from '../../cel/declarations.ts'
import { KUBERNETES_ENVIRONMENT, REQUEST_SIZE_MAX_BYTES } from '../../cel/kubernetes.ts'
import { compile, CompileError, type Program, ProgramError } from '../../cel/program.ts'
import { optionalType } from '../../cel/types.ts'
import type { Schema, ValidationRule } from '../schema.ts'
import { type Declared, sizesOf, structsOf } from './declare.ts'
import { FieldPathError, readFieldPath } from './field-path.ts'

/** A rule, ready to run. */
export interface CompiledRule {
  readonly rule: ValidationRule
  /** Absent for a rule that is empty or wrong. */
  readonly program?: Program
  /** What is wrong with it. */
  readonly error?: string
  readonly usesOldSelf: boolean
  readonly message?: Program
  readonly messageError?: string
  /** Where its errors are reported, below the value that it stands at. */
  readonly fieldPath?: string
  /** Costs at most, each time it runs. */
  readonly cost?: Range
  readonly messageCost?: Range
}

/** The name by which checkers call the type of `self`; nothing but error messages shows it. */
export const SELF_TYPE_NAME = 'selfType'

/** Compiles the rules that stand at one node of a schema. */
export function compileRules(
  schema: Schema,
  rules: readonly ValidationRule[],
  declared: Declared,
  base: Environment = KUBERNETES_ENVIRONMENT,
): readonly CompiledRule[] {
  const structs = structsOf(declared)
  const { type } = declared
  const plain = base.withVariables({ self: type, oldSelf: type }, structs)
  const optional = base.withVariables({ self: type, oldSelf: optionalType(type) }, structs)
  return rules.map((rule) =>
    compileRule(rule, { schema, declared, environment: rule.optionalOldSelf === true ? optional : plain }),
  )
}

interface RuleContext {
  readonly schema: Schema
  readonly declared: Declared
  readonly environment: Environment
}

function compileRule(rule: ValidationRule, { schema, declared, environment }: RuleContext): CompiledRule {
  if (rule.rule.trim() === '') return { rule, usesOldSelf: false }
  const program = attempt(rule.rule, environment, '')
  if (typeof program === 'string') return { rule, usesOldSelf: false, error: program }
  if (program.type.kind !== 'bool') {
    return { rule, usesOldSelf: false, error: 'cel expression must evaluate to a bool' }
  }
  const sizes = sizesOf(declared)
  const compiled = {
    rule,
    program,
    usesOldSelf: program.variables.has('oldSelf'),
    // Found out only where someone asks: it takes as long as compiling.
    get cost() {
      return program.estimate(sizes)
    },
    ...fieldPathOf(rule, schema),
  }
  if (rule.messageExpression === undefined || rule.messageExpression === '') return compiled
  const message = attempt(rule.messageExpression, environment, 'messageExpression ')
  if (typeof message === 'string') return withMessage(compiled, { messageError: message })
  if (message.type.kind !== 'string') {
    return withMessage(compiled, { messageError: 'messageExpression must evaluate to a string' })
  }
  return withMessage(compiled, {
    message,
    get messageCost() {
      return message.estimate(sizes)
    },
  })
}

/** Keeps getters, which spreading would call. */
function withMessage(compiled: CompiledRule, message: Partial<CompiledRule>): CompiledRule {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(compiled),
      ...Object.getOwnPropertyDescriptors(message),
    },
  ) as CompiledRule
}

/** The program, or what is wrong with the source. */
function attempt(source: string, environment: Environment, prefix: string): Program | string {
  try {
    return compile(source, environment)
  } catch (failure) {
    if (failure instanceof CompileError) return `${prefix}compilation failed: ${failure.message}`
    if (failure instanceof ProgramError) {
      return `${prefix === '' ? 'program' : 'messageExpression'} instantiation failed: ${failure.message}`
    }
    throw failure
  }
}

function fieldPathOf(rule: ValidationRule, schema: Schema): { readonly fieldPath?: string } {
  if (rule.fieldPath === undefined || rule.fieldPath === '') return {}
  try {
    return { fieldPath: readFieldPath(rule.fieldPath, schema).printed }
  } catch (failure) {
    if (failure instanceof FieldPathError) return {}
    throw failure
  }
}

/** How often data of this kind can occur in one request. */
export function cardinalityMax({ bytesMin }: Declared): number {
  return Math.floor(REQUEST_SIZE_MAX_BYTES / (bytesMin + 1))
}
