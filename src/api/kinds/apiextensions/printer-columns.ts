import { printDouble } from '../../cel/numbers.ts'
import { nameColumn } from '../../columns/common-columns.ts'
import { printAge } from '../../columns/human-duration.ts'
import type { Column } from '../../kind.ts'
import type { CustomResourceColumnDefinition } from '../../types.generated.ts'
import { compileJsonPath, type JsonPath } from './json-path.ts'
import { JsonPathError } from './json-path-parser.ts'

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
}

/**
 * The columns of a version: its own after the name, or the age where it has none. A path that cannot be read ends them.
 * After k8s.io/apiextensions-apiserver pkg/registry/customresource/tableconvertor.
 */
export function printerColumns(definitions: readonly CustomResourceColumnDefinition[] = []): readonly Column[] {
  const columns: Column[] = [nameColumn()]
  for (const definition of definitions.length === 0 ? [AGE] : definitions) {
    const path = readPath(definition.jsonPath)
    if (path === undefined) break
    columns.push(printerColumn(definition, path))
  }
  return columns
}

function readPath(source: string): JsonPath | undefined {
  try {
    return compileJsonPath(source)
  } catch (failure) {
    if (failure instanceof JsonPathError) return undefined
    throw failure
  }
}

const COLUMN_TYPES: readonly string[] = ['boolean', 'date', 'integer', 'number', 'string']

function isColumnType(type: string): type is NonNullable<Column['type']> {
  return COLUMN_TYPES.includes(type)
}

function printerColumn(
  { name, type, format, description = '', priority, jsonPath }: CustomResourceColumnDefinition,
  path: JsonPath,
): Column {
  const columnType = isColumnType(type) ? type : 'string'
  return {
    name,
    type: columnType,
    description:
      description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    ...(format === undefined ? {} : { format }),
    ...(priority === undefined ? {} : { priority }),
    cell: (object, nowMs) => {
      const found = findFirst(path, object)
      return found === undefined ? null : cellOf(found, columnType, nowMs)
    },
  }
}

function findFirst(path: JsonPath, object: unknown): unknown {
  try {
    const [first] = path.find(object)
    return first
  } catch (failure) {
    if (failure instanceof JsonPathError) return undefined
    throw failure
  }
}

function cellOf(value: unknown, type: NonNullable<Column['type']>, nowMs: number): string | number | boolean | null {
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  switch (type) {
    case 'string':
      return textOf(value)
    case 'integer':
      return isNumber ? Math.trunc(Number(value)) : null
    case 'number':
      return isNumber ? Number(value) : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? ageSince(value, nowMs) : null
  }
}

/** As Go prints it; a null is no value, though it is there. */
export function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return Number.isInteger(value) ? value.toFixed() : printDouble(value)
    case 'bigint':
    case 'boolean':
      return value.toString()
    default:
      return value === null || value === undefined ? '<no value>' : JSON.stringify(value)
  }
}

function ageSince(time: string, nowMs: number): string {
  return time !== '' && Number.isNaN(Date.parse(time)) ? '<invalid>' : printAge(time, nowMs)
}
