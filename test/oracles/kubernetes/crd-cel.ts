import { KUBERNETES_ENVIRONMENT } from '../../../src/api/cel/kubernetes.ts'
import { STRING } from '../../../src/api/cel/types.ts'
import type { Cause } from '../../../src/api/errors.ts'
import { Correlation } from '../../../src/api/schema/correlation.ts'
import { applyDefaults } from '../../../src/api/schema/defaults.ts'
import { compileRules, SELF_TYPE_NAME } from '../../../src/api/schema/rules/compiled-rule.ts'
import { declare } from '../../../src/api/schema/rules/declare.ts'
import { readFieldPath } from '../../../src/api/schema/rules/field-path.ts'
import { ruleTree } from '../../../src/api/schema/rules/rule-tree.ts'
import { runRules, type RuleRun } from '../../../src/api/schema/rules/rule-validator.ts'
import type { Schema } from '../../../src/api/schema/schema.ts'
import { expectFailure, expectSame, expectSameMembers, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

const BUDGET = 10_000_000

interface Outcome {
  readonly causes: readonly Cause[]
  readonly errors: readonly string[]
  readonly remaining: number
}

interface Given {
  readonly schema: Schema
  readonly object: unknown
  readonly oldObject?: unknown
  readonly isRoot: boolean
}

function run({ schema, object, oldObject, isRoot }: Given, options: Partial<RuleRun> = {}): Outcome {
  const node = ruleTree(schema, isRoot)
  if (node === undefined) return { causes: [], errors: [], remaining: BUDGET }
  const { causes, remaining } = runRules(
    node,
    'root',
    { value: object, old: oldObject },
    { budget: BUDGET, ...options },
  )
  return { causes, errors: causes.map(({ field, message }) => `${field}: ${message}`), remaining }
}

const checks: Readonly<Record<string, (input: Input, expect: OracleCase['expect']) => void>> = {
  celRules(input, expect) {
    const rules = input['rules'] as readonly { rule: string; isResourceRoot: boolean }[]
    const results = expect['results'] as readonly { valid?: boolean; errorContains?: string; cost?: number }[]
    const wrong: string[] = []
    for (const [index, { rule, isResourceRoot }] of rules.entries()) {
      const schema: Schema = { ...(input['schema'] as Schema), 'x-kubernetes-validations': [{ rule }] }
      // A rule on a defaulted field is run on the object as defaulting leaves it.
      const object = applyDefaults(input['object'], schema)
      const result = results[index] ?? {}
      const outcome = run({ schema, object, oldObject: input['oldObject'], isRoot: isResourceRoot })
      const why = judge(outcome, result)
      if (why !== undefined) wrong.push(`${rule}: ${why}`)
    }
    if (wrong.length > 0) throw new Mismatch(`${wrong.length} of ${rules.length} rules: ${wrong.join('\n      ')}`)
  },

  celSchema(input, expect) {
    const { errors } = run(
      { ...(input as unknown as Given), isRoot: input['isResourceRoot'] === true },
      budgetOf(input),
    )
    expectEach('errors', errors, expect['errorsContain'] as readonly string[])
  },

  celMessage(input, expect) {
    const logged: string[] = []
    const options = {
      budget: input['costBudget'] as number,
      ...(input['perCallLimit'] === undefined ? {} : { callCostMax: input['perCallLimit'] as number }),
      log: (text: string) => logged.push(text),
    }
    const { errors, remaining } = run({ ...(input as unknown as Given), isRoot: false }, options)
    expectEach('errors', errors, [expect['errorContains'] as string])
    if (expect['remainingBudget'] !== undefined) expectSame('budget', remaining, expect['remainingBudget'])
    const { logContains } = expect as { logContains?: string }
    // A messageExpression that does not compile is not run, and so logs nothing.
    expectEach('log', logged, logContains === undefined ? [] : [logContains])
  },

  celReasons(input, expect) {
    const { causes } = run({ ...(input as unknown as Given), isRoot: true })
    const actual = causes.map(({ reason, field }) => ({ type: reason.replace('FieldValue', ''), field }))
    expectSameMembers('errors', actual, expect['errors'] as unknown[])
  },

  celFieldPath(input, expect) {
    const read = (): string => readFieldPath(input['fieldPath'] as string, input['schema'] as Schema).printed
    if (expect['valid'] !== true) {
      expectContains('error', expectFailure('path', read).message, expect['errorContains'] as string)
      return
    }
    const printed = read()
    if (expect['path'] !== undefined) expectSame('path', printed, expect['path'])
  },

  celRatcheting(input, expect) {
    const given = { ...(input as unknown as Given), isRoot: false }
    const warnings: string[] = []
    const correlation = new Correlation(given.object, given.oldObject, given.schema)
    const { errors } = run(given, { correlation, warn: (text) => warnings.push(text), ...budgetOf(input) })
    expectEach('errors', errors, expect['errorsContain'] as readonly string[])
    expectEach('warnings', warnings, expect['warnings'] as readonly string[])
  },

  celCompile(input, expect) {
    const schema = input['schema'] as Schema
    const declared = declare(schema, SELF_TYPE_NAME, false)
    if (declared === undefined) throw new Mismatch('the schema declares nothing')
    const environment = input['unmodified'] === true ? WITH_FAKE : KUBERNETES_ENVIRONMENT
    const compiled = compileRules(schema, schema['x-kubernetes-validations'] ?? [], declared, environment)
    const results = expect['results'] as readonly CompileResult[]
    expectSame('rules', compiled.length, results.length)
    for (const [index, { error, messageError, usesOldSelf }] of compiled.entries()) {
      const wanted = results[index] ?? {}
      if (wanted.compiles === true && error !== undefined) throw new Mismatch(`rule ${index}: ${error}`)
      if (wanted.compileErrorContains !== undefined) expectContains('error', error ?? '', wanted.compileErrorContains)
      if (wanted.messageExpressionErrorContains !== undefined) {
        expectContains('message error', messageError ?? '', wanted.messageExpressionErrorContains)
      } else if (messageError !== undefined) throw new Mismatch(`message of rule ${index}: ${messageError}`)
      if (wanted.transitionRule !== undefined) expectSame('transition rule', usesOldSelf, wanted.transitionRule)
    }
  },
}

type Input = Record<string, unknown>

interface CompileResult {
  readonly compiles?: boolean
  readonly transitionRule?: boolean
  readonly compileErrorContains?: string
  readonly messageExpressionErrorContains?: string
}

/** Upstream's stand-in for a function of the next release. */
const WITH_FAKE = KUBERNETES_ENVIRONMENT.withLibraries([
  {
    functions: [
      {
        name: 'fakeFunction',
        overloads: [
          {
            id: 'fakeFunction',
            args: [STRING],
            result: STRING,
            run: (text = null) => (typeof text === 'string' ? text.toUpperCase() : text),
          },
        ],
      },
    ],
  },
])

function budgetOf(input: Input): Partial<RuleRun> {
  return input['costBudget'] === undefined ? {} : { budget: input['costBudget'] as number }
}

function judge(
  { errors, remaining }: Outcome,
  { valid, errorContains, cost }: { valid?: boolean; errorContains?: string; cost?: number },
): string | undefined {
  if (valid === true && errors.length > 0) return `got ${errors.join('; ')}`
  if (errorContains !== undefined && !errors.some((error) => error.includes(errorContains))) {
    return `want ${errorContains}, got ${errors.join('; ') || 'no error'}`
  }
  return cost === undefined || BUDGET - remaining === cost ? undefined : `want cost ${cost}, got ${BUDGET - remaining}`
}

function expectContains(what: string, actual: string, part: string): void {
  if (!actual.includes(part)) throw new Mismatch(`${what}: want ${part}, got ${actual}`)
}

/** As many as wanted, each holding one of the wanted texts. */
function expectEach(what: string, actual: readonly string[], wanted: readonly string[]): void {
  const fits = actual.length === wanted.length && wanted.every((part) => actual.some((text) => text.includes(part)))
  if (!fits) throw new Mismatch(`${what}: want ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`)
}

export const oracle: Oracle = {
  open: () => (oracleCase) => {
    const name = String(oracleCase.input['function'])
    const check = checks[name]
    if (check === undefined) throw new Mismatch(`unknown function ${name}`)
    check(oracleCase.input, oracleCase.expect)
  },
}
