import { parseDocument } from 'yaml'
import { compareTyped } from '../../../src/api/apply/compare.ts'
import { difference, hasPath, leavesOf, pathsOf, recursiveDifference } from '../../../src/api/apply/field-set.ts'
import { parseFieldSet, printFieldSet } from '../../../src/api/apply/field-set-text.ts'
import { mergeTyped } from '../../../src/api/apply/merge.ts'
import { parsePathElement, printPath } from '../../../src/api/apply/path-element.ts'
import { extractItems, removeItems } from '../../../src/api/apply/remove.ts'
import type { Shape } from '../../../src/api/apply/shape.ts'
import { toFieldSet } from '../../../src/api/apply/to-field-set.ts'
import { TypedValueError } from '../../../src/api/apply/typed-value.ts'
import { validateTyped, type ValidateOptions } from '../../../src/api/apply/validate.ts'
import { expectFailure, expectSame, type Oracle, type OracleCase } from '../oracle.ts'
import { elementOfOracle, expectSameSet, setOfOracle, type OraclePath } from './paths.ts'
import { smdShapes, type SmdSchema } from './smd-schemas.ts'

export const oracle: Oracle = {
  open: (document) => {
    const schemas = document['schemas'] as Record<string, SmdSchema>
    const shapes = new Map(Object.entries(schemas).map(([name, schema]) => [name, smdShapes(schema)]))
    return (oracleCase) => {
      const { input } = oracleCase
      const shape = shapes.get(String(input['schema']))?.(String(input['type']))
      if (shape === undefined) return runSetCase(oracleCase)
      return runValueCase(oracleCase, shape)
    }
  },
}

function runValueCase({ input, expect }: OracleCase, shape: Shape): void {
  const { object, left, right } = input
  switch (input['function']) {
    case 'merge':
      return expectSame('object', mergeTyped(left ?? null, right ?? null, shape) ?? null, expect['object'])
    case 'compare': {
      const { removed, modified, added } = compareTyped(left ?? null, right ?? null, shape)
      expectSameSet('removed', removed, expect['removed'])
      expectSameSet('modified', modified, expect['modified'])
      return expectSameSet('added', added, expect['added'])
    }
    case 'validate':
      return runValidate(String(input['yaml']), shape, expect)
    case 'toFieldSet': {
      const set = toFieldSet(object, shape)
      expectSame('fieldsV1', JSON.parse(printFieldSet(set)), expect['fieldsV1'])
      return expectSameSet('paths', set, expect['paths'])
    }
    case 'removeAndExtract': {
      const paths = setOfOracle(input['paths'])
      if ('removed' in expect) expectSame('removed', removeItems(object, paths, shape), expect['removed'])
      if ('extracted' in expect) expectSame('extracted', extractItems(object, paths, shape), expect['extracted'])
      return
    }
    case 'extractWithKeys': {
      const extracted = extractItems(object, setOfOracle(input['paths']), shape, { withKeys: true })
      return expectSame('extracted', extracted, expect['extracted'])
    }
    case 'reversibleExtract': {
      const merged = mergeTyped(object, input['partial'], shape)
      const owned = leavesOf(toFieldSet(input['partial'], shape))
      return expectSame('extracted', extractItems(merged, owned, shape), expect['extracted'])
    }
    default:
      throw new Error(`unknown function ${String(input['function'])}`)
  }
}

function runValidate(yaml: string, shape: Shape, expect: OracleCase['expect']): void {
  const value: unknown = parseDocument(yaml, { version: '1.1', uniqueKeys: false }).toJS()
  expectSame('valid', isValid(value, shape), expect['valid'])
  if (!('validWithDuplicates' in expect)) return
  expectSame('valid with duplicates', isValid(value, shape, { allowDuplicates: true }), expect['validWithDuplicates'])
}

function isValid(value: unknown, shape: Shape, options: ValidateOptions = {}): boolean {
  try {
    validateTyped(value, shape, options)
    return true
  } catch (failure) {
    if (failure instanceof TypedValueError) return false
    throw failure
  }
}

function runSetCase({ input, expect }: OracleCase): void {
  const text = String(input['text'])
  switch (input['function']) {
    case 'pathString':
      return expectSame('string', printPath((input['path'] as OraclePath).map(elementOfOracle)), expect['string'])
    case 'elementText': {
      if (expect['error'] === true) return void expectFailure('element', () => parsePathElement(text))
      expectSame('element', parsePathElement(text), elementOfOracle(expect['element'] as OraclePath[number]))
      return 'text' in expect ? expectSame('text', parsePathElement(text), expect['text']) : undefined
    }
    case 'setText': {
      if (expect['error'] === true) return void expectFailure('set', () => parseFieldSet(text))
      const set = parseFieldSet(text)
      for (const path of pathsOf(set)) expectSame('has', hasPath(set, path), true)
      if ('text' in expect) expectSame('text', printFieldSet(set), expect['text'])
      if ('sameAs' in expect) expectSame('same', set, parseFieldSet(String(expect['sameAs'])))
      return
    }
    case 'setDifference': {
      const [a, b] = [setOfOracle(input['a']), setOfOracle(input['b'])]
      expectSameSet('difference', difference(a, b), expect['difference'])
      return expectSameSet('recursive difference', recursiveDifference(a, b), expect['recursiveDifference'])
    }
    case 'setLeaves':
      return expectSameSet('leaves', leavesOf(setOfOracle(input['paths'])), expect['paths'])
    default:
      throw new Error(`unknown function ${String(input['function'])}`)
  }
}
