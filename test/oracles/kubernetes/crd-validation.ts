import type { Cause } from '../../../src/api/errors.ts'
import { RULES_FOR_NEW, type SchemaRules } from '../../../src/api/kinds/apiextensions/definition-rules.ts'
import type { InternalDefinition } from '../../../src/api/kinds/apiextensions/internal-form.ts'
import {
  validateDefinitionUpdate,
  validateNewDefinition,
  validateStoredVersions,
} from '../../../src/api/kinds/apiextensions/validate-definition.ts'
import { validateSchema } from '../../../src/api/kinds/apiextensions/validate-schema.ts'
import { deprecationWarningProblems } from '../../../src/api/kinds/apiextensions/validate-version-parts.ts'
import { readFieldPath } from '../../../src/api/schema/rules/field-path.ts'
import type { Schema } from '../../../src/api/schema/schema.ts'
import type { CustomResourceValidation } from '../../../src/api/types.generated.ts'
import { expectFailure, expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

type Input = Record<string, unknown>
type Expect = OracleCase['expect']

/** Upstream's switches are off where a case names none. */
function rulesOf(options: Readonly<Record<string, unknown>>): SchemaRules {
  return {
    ...RULES_FOR_NEW.schema,
    requireKnownTypes: options['requireValidPropertyType'] === true,
    requireStructural: options['requireStructuralSchema'] === true,
    requirePrunedDefaults: options['requirePrunedDefaults'] === true,
    requireAtomicSets: options['requireAtomicSetType'] === true,
    requireSoundMapLists: options['requireMapListKeysMapSetValidation'] === true,
    allowDefaults: options['allowDefaults'] === true,
  }
}

interface Wanted {
  readonly type: string
  readonly field: string
  readonly messageContains?: string
}

/** Each wanted error once, and no other. */
function expectErrors(causes: Iterable<Cause>, { errors }: Expect): void {
  const left = [...causes]
  const missing: Wanted[] = []
  for (const wanted of errors as readonly Wanted[]) {
    const at = left.findIndex((cause) => fits(cause, wanted))
    if (at < 0) missing.push(wanted)
    else left.splice(at, 1)
  }
  if (missing.length === 0 && left.length === 0) return
  throw new Mismatch(`missing ${JSON.stringify(missing)}, too many ${JSON.stringify(left)}`)
}

function fits({ reason, field, message }: Cause, { type, field: wantedField, messageContains = '' }: Wanted): boolean {
  return reason.replace('FieldValue', '') === type && field === wantedField && message.includes(messageContains)
}

const checks: Readonly<Record<string, (input: Input, expect: Expect) => void>> = {
  validateCRD(input, expect) {
    // Where a document leaves something out, upstream's types have an empty value.
    const crd = { metadata: {}, spec: {}, ...(input['crd'] as object) } as InternalDefinition
    expectErrors(validateNewDefinition(crd), expect)
  },

  validateCRDUpdate(input, expect) {
    const { crd, old } = input as unknown as Record<'crd' | 'old', InternalDefinition>
    expectErrors(validateDefinitionUpdate(crd, old), expect)
  },

  validateCRDSchema(input, expect) {
    const rules = rulesOf((input['options'] ?? {}) as Readonly<Record<string, unknown>>)
    const hasStatus = input['statusEnabled'] === true
    const validation = (input['validation'] ?? {}) as CustomResourceValidation
    expectErrors(validateSchema(validation, 'spec.validation', { hasStatus, rules }), expect)
  },

  validateStoredVersions(input, expect) {
    const names = input['versions'] as readonly string[]
    const versions = names.map((name) => ({ name, storage: name === input['storageVersion'] }))
    expectErrors(
      validateStoredVersions({ storedVersions: input['storedVersions'] as readonly string[] }, versions),
      expect,
    )
  },

  validateDeprecationWarning(input, expect) {
    const { warning, warningBase64 } = input as { warning?: string; warningBase64?: string }
    const text = warningBase64 === undefined ? warning : illFormed(Buffer.from(warningBase64, 'base64'))
    expectSame('messages', deprecationWarningProblems(input['deprecated'] === true, text), expect['messages'])
  },

  celFieldPath(input, expect) {
    const read = (): string => readFieldPath(input['fieldPath'] as string, input['schema'] as Schema).printed
    if (expect['valid'] === true) {
      read()
      return
    }
    const { message } = expectFailure('path', read)
    const part = expect['errorContains'] as string
    if (!message.includes(part)) throw new Mismatch(`want ${part}, got ${message}`)
  },
}

/** Bytes that are no UTF-8 as the text that comes closest: one with a surrogate that stands alone. */
function illFormed(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\ufffd', '\udc80')
}

export const oracle: Oracle = {
  open: () => (oracleCase) => {
    const name = String(oracleCase.input['function'])
    const check = checks[name]
    if (check === undefined) throw new Mismatch(`unknown function ${name}`)
    check(oracleCase.input, oracleCase.expect)
  },
}
