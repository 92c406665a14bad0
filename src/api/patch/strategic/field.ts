import type { Schema } from '../../schema/schema.ts'
import { PatchError } from '../patch-error.ts'

/** How a strategic merge patch treats one field of an object. */
export interface PatchField {
  /** Of the field's value, or of the items of a list. Absent: nothing is known below, as below a `JSON` field. */
  readonly schema: Schema | undefined
  readonly strategy: string
  readonly retainKeys: boolean
  /** Empty for lists of scalars, and for lists that are replaced. */
  readonly mergeKey: string
}

const UNKNOWN: PatchField = { schema: undefined, strategy: '', retainKeys: false, mergeKey: '' }

/** The field `key` of an object with `schema`, whose value is an object. Throws a `PatchError` when there is none. */
export function objectField(schema: Schema | undefined, key: string): PatchField {
  const property = propertyOf(schema, key)
  return property === undefined ? UNKNOWN : { ...strategiesOf(property), schema: whole(property) }
}

/** The field `key` of an object with `schema`, whose value is a list. Throws a `PatchError` when there is none. */
export function listField(schema: Schema | undefined, key: string): PatchField {
  const property = propertyOf(schema, key)
  if (property === undefined) return UNKNOWN
  const { items } = whole(property)
  if (items?.type === 'array') throw new PatchError('unexpected slice of slice')
  return { ...strategiesOf(property), schema: items ?? whole(property) }
}

function propertyOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema === undefined) return undefined
  const { properties, additionalProperties } = whole(schema)
  const property = properties?.[key]
  if (property !== undefined && Object.hasOwn(properties ?? {}, key)) return property
  if (typeof additionalProperties === 'object') return additionalProperties
  if (isOpaque(schema)) return undefined
  const name = schema.definition?.split('.').at(-1) ?? 'object'
  throw new PatchError(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`)
}

/** Any JSON may stand here. */
function isOpaque({ type, properties, additionalProperties, ...rest }: Schema): boolean {
  if (rest['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true) return true
  return properties === undefined && (type === undefined || type === 'object')
}

/** A property that only refers to a definition says so by `allOf` where it has words of its own. */
function whole(schema: Schema): Schema {
  const [only] = schema.allOf ?? []
  return only !== undefined && schema.properties === undefined && schema.items === undefined ? only : schema
}

function strategiesOf(schema: Schema): Omit<PatchField, 'schema'> {
  const strategies = schema['x-kubernetes-patch-strategy']?.split(',') ?? []
  const others = strategies.filter((strategy) => strategy !== 'retainKeys')
  if (others.length > 1) throw new PatchError(`unexpected patch strategy: [${strategies.join(' ')}]`)
  return {
    strategy: others[0] ?? '',
    retainKeys: others.length < strategies.length,
    mergeKey: schema['x-kubernetes-patch-merge-key'] ?? '',
  }
}
