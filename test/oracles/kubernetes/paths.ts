import { fieldSetOf, type FieldSet } from '../../../src/api/apply/field-set.ts'
import { printFieldSet } from '../../../src/api/apply/field-set-text.ts'
import {
  fieldElement,
  indexElement,
  keyElement,
  valueElement,
  type PathElement,
} from '../../../src/api/apply/path-element.ts'
import { Mismatch } from '../oracle.ts'

export type OracleElement =
  | { readonly field: string }
  | { readonly key: Readonly<Record<string, unknown>> }
  | { readonly value: unknown }
  | { readonly index: number }

export type OraclePath = readonly OracleElement[]

export function elementOfOracle(element: OracleElement): PathElement {
  if ('field' in element) return fieldElement(element.field)
  if ('key' in element) return keyElement(element.key)
  return 'index' in element ? indexElement(element.index) : valueElement(element.value)
}

export function setOfOracle(paths: unknown): FieldSet {
  return fieldSetOf((paths as OraclePath[]).map((path) => path.map(elementOfOracle)))
}

export function expectSameSet(what: string, actual: FieldSet, paths: unknown): void {
  const mine = printFieldSet(actual)
  const wanted = printFieldSet(setOfOracle(paths))
  if (mine !== wanted) throw new Mismatch(`${what}: want ${wanted}, got ${mine}`)
}
