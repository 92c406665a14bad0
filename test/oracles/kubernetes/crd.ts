import type { Cause } from '../../../src/api/errors.ts'
import { validateEmbeddedMetadata as validateMetadata } from '../../../src/api/kinds/apiextensions/embedded-metadata.ts'
import { applyDefaults, dropNulls } from '../../../src/api/schema/defaults.ts'
import { coerceMetadata, validateEmbedded, validateResource } from '../../../src/api/schema/embedded.ts'
import type { JsonObject } from '../../../src/api/schema/json.ts'
import { validateListTypes } from '../../../src/api/schema/list-types.ts'
import { pruneUnknown } from '../../../src/api/schema/prune.ts'
import { ruleTree } from '../../../src/api/schema/rules/rule-tree.ts'
import { runRules } from '../../../src/api/schema/rules/rule-validator.ts'
import type { Schema } from '../../../src/api/schema/schema.ts'
import type { StructuralOptions } from '../../../src/api/schema/structural-options.ts'
import { missingStructure } from '../../../src/api/schema/structural-completeness.ts'
import { validateValue } from '../../../src/api/schema/validation/validate-value.ts'
import { expectFailure, expectSame, expectSameMembers, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

type Input = Record<string, unknown>

const BUDGET = 10_000_000

function schemaOf(input: Input): Schema | undefined {
  return (input['schema'] as Schema | null) ?? undefined
}

function expectErrors(causes: Iterable<Cause>, expect: OracleCase['expect']): void {
  const actual = [...causes].map(({ reason, field }) => ({ type: reason.replace('FieldValue', ''), field }))
  expectSameMembers('errors', actual, expect['errors'] as unknown[])
}

const checks: Readonly<Record<string, (input: Input, expect: OracleCase['expect']) => void>> = {
  prune(input, expect) {
    const isRoot = input['isResourceRoot'] === true
    const { value, unknownFields } = pruneUnknown(input['object'], schemaOf(input), { isRoot })
    expectSame('object', value, expect['object'])
    expectSameMembers('pruned', unknownFields, expect['pruned'] as unknown[])
  },

  default(input, expect) {
    expectSame('object', applyDefaults(input['object'], schemaOf(input)), expect['object'])
  },

  pruneNonNullableNulls(input, expect) {
    expectSame('object', dropNulls(input['object'], schemaOf(input)), expect['object'])
  },

  validateListTypes(input, expect) {
    expectErrors(validateListTypes(input['object'], schemaOf(input), 'root'), expect)
  },

  validateEmbeddedResource(input, expect) {
    expectErrors(validateResource(input['object'] as JsonObject, '', validateMetadata), expect)
  },

  validateObjectMeta(input, expect) {
    const isRoot = input['includeRoot'] === true
    expectErrors(validateEmbedded(input['object'], schemaOf(input), { isRoot, validateMetadata }), expect)
  },

  coerceObjectMeta(input, expect) {
    const options = { isRoot: input['includeRoot'] === true, dropInvalid: input['dropInvalidFields'] === true }
    const coerce = () => coerceMetadata(input['object'], schemaOf(input), options)
    if (expect['error'] === true) {
      expectFailure('coercion', coerce)
      return
    }
    const { value, unknownFields } = coerce()
    expectSame('object', value, expect['object'])
    expectSame('unknown fields', unknownFields, expect['unknownFields'] ?? [])
  },

  validateStructural(input, expect) {
    // Upstream's table is of this half of the rules: that whatever is narrowed down is declared.
    const causes = [...missingStructure(schemaOf(input) ?? {}, '', input['options'] as StructuralOptions)]
    const errors = causes.map(({ field, message }) => `${field}: ${message}`)
    if (expect['valid'] === true) expectSame('errors', errors, [])
    else {
      const part = expect['errorContains'] as string
      if (!errors.some((error) => error.includes(part))) throw new Mismatch(`want ${part}, got ${errors.join('; ')}`)
    }
  },

  validateCustomResource(input, expect) {
    const schema = schemaOf(input) ?? {}
    const { object, oldObject } = input
    const causes = [
      ...validateValue(object, schema, { before: oldObject === undefined ? undefined : { old: oldObject } }),
    ]
    const rules = ruleTree(schema, false)
    if (rules !== undefined) {
      causes.push(...runRules(rules, '', { value: object, old: oldObject }, { budget: BUDGET }).causes)
    }
    const errors = causes.map(({ field, message }) => `${field}: ${message}`)
    expectSameMembers('errors', errors, expect['errors'] as unknown[])
  },
}

export const oracle: Oracle = {
  open: () => (oracleCase) => {
    const name = String(oracleCase.input['function'])
    const check = checks[name]
    if (check === undefined) throw new Mismatch(`unknown function ${name}`)
    check(oracleCase.input, oracleCase.expect)
  },
}
