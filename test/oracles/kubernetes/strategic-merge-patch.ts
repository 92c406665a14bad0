import type { JsonObject } from '../../../src/api/patch/json-value.ts'
import { PatchConflict } from '../../../src/api/patch/patch-error.ts'
import {
  applyStrategicMergePatch,
  diffStrategicMergePatch,
  threeWayStrategicMergePatch,
} from '../../../src/api/patch/strategic-merge-patch.ts'
import type { Schema } from '../../../src/api/schema/schema.ts'
import { isRecord, parseLossless } from '../lossless-json.ts'
import { expectFailure, expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { patchSchemas, type PatchSchemaTable } from './patch-schemas.ts'
import { sortMergingLists } from './sort-merging-lists.ts'

export const oracle: Oracle = {
  open: (document) => {
    const schemas = patchSchemas(document['schemas'] as PatchSchemaTable)
    return (oracleCase) => runCase(oracleCase, schemas(String(oracleCase.input['schema'])))
  },
}

function runCase({ input, expect }: OracleCase, schema: Schema): void {
  const attempt = (): void => compare({ input, expect }, schema)
  if ('errorContains' in expect) return expectMessage(expectFailure('patch', attempt), String(expect['errorContains']))
  if (!('orErrorContains' in expect)) return attempt()
  try {
    attempt()
  } catch (failure) {
    if (!(failure instanceof Error) || failure instanceof Mismatch) throw failure
    expectMessage(failure, String(expect['orErrorContains']))
  }
}

function compare({ input, expect }: Pick<OracleCase, 'input' | 'expect'>, schema: Schema): void {
  const sorted = (document: JsonObject): JsonObject => sortMergingLists(document, schema)
  const original = documentOf(input, 'original')
  const wanted = { patch: documentOf(expect, 'patch'), result: documentOf(expect, 'result') }
  switch (input['op']) {
    case 'sort':
      return expectSame('sorted', sorted(original), wanted.result)
    case 'apply': {
      const result = applyStrategicMergePatch(original, documentOf(input, 'patch'), schema)
      if ('errorContains' in expect) return
      // These cases pin the order that a patch gives to lists, so nothing is sorted.
      return expectSame('result', result, wanted.result)
    }
    case 'diff2': {
      const patch = diffStrategicMergePatch(original, documentOf(input, 'modified'), schema)
      if ('errorContains' in expect) return
      expectSame('patch', sorted(patch), sorted(wanted.patch))
      return expectSame('result', sorted(applyStrategicMergePatch(original, patch, schema)), sorted(wanted.result))
    }
    case 'diff3':
      return compareThreeWay({ input, expect }, schema)
    default:
      throw new Error(`unknown op ${String(input['op'])}`)
  }
}

function compareThreeWay({ input, expect }: Pick<OracleCase, 'input' | 'expect'>, schema: Schema): void {
  const sorted = (document: JsonObject): JsonObject => sortMergingLists(document, schema)
  const current = documentOf(input, 'current')
  const documents = { original: documentOf(input, 'original'), modified: documentOf(input, 'modified'), current }
  if (expect['conflict'] === true) {
    const failure = expectFailure('patch', () => threeWayStrategicMergePatch(documents, schema, { overwrite: false }))
    if (!(failure instanceof PatchConflict)) throw failure
  } else threeWayStrategicMergePatch(documents, schema, { overwrite: false })
  const patch = threeWayStrategicMergePatch(documents, schema, { overwrite: true })
  if ('errorContains' in expect) return
  expectSame('patch', sorted(patch), sorted(documentOf(expect, 'patch')))
  const result = applyStrategicMergePatch(current, patch, schema)
  expectSame('result', sorted(result), sorted(documentOf(expect, 'result')))
}

function documentOf(holder: Record<string, unknown>, name: string): JsonObject {
  const text = holder[`${name}Text`]
  const document = typeof text === 'string' ? parse(text) : (holder[name] ?? {})
  if (!isRecord(document)) throw new Error(`${name} is no object`)
  return document
}

/** Malformed bodies are refused before a patch is looked at; the words are upstream's. */
function parse(text: string): unknown {
  try {
    return parseLossless(text)
  } catch (failure) {
    if (failure instanceof SyntaxError) throw new Error('invalid JSON document')
    throw failure
  }
}

function expectMessage(failure: Error, part: string): void {
  if (!failure.message.includes(part)) throw new Mismatch(`want a failure with ${part}, got ${failure.message}`)
}
