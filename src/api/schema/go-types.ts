import type { Schema } from './schema.ts'

/** The type that Go has for a value of this schema, as its decoder names it: `int32`, `[]v1.Container`, `map[string]string`. */
export function goTypeOf(schema: Schema): string {
  if (schema.definition !== undefined) return structNameOf(schema.definition)
  switch (schema.type) {
    case 'array':
      return `[]${schema.items === undefined ? 'interface {}' : goTypeOf(schema.items)}`
    case 'object': {
      const { additionalProperties: values } = schema
      return `map[string]${typeof values === 'object' ? goTypeOf(values) : 'interface {}'}`
    }
    case 'boolean':
      return 'bool'
    case 'integer':
      return schema.format === 'int32' ? 'int32' : 'int64'
    case 'number':
      return 'float64'
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string'
    default:
      return 'interface {}'
  }
}

/** `io.k8s.api.core.v1.Container` → `v1.Container` */
function structNameOf(definition: string): string {
  return definition.split('.').slice(-2).join('.')
}

/** `io.k8s.api.core.v1.Container` → `Container` */
export function shortNameOf(definition: string): string {
  return definition.slice(definition.lastIndexOf('.') + 1)
}

/** What Go's decoder calls a value that it did not expect. */
export function describeJson(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return value === null ? 'null' : typeof value === 'bigint' ? 'number' : typeof value
}
