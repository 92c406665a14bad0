import { isJsonObject, sameJson } from './json.ts'
import { MapList } from './map-list.ts'
import type { Schema } from './schema.ts'
import { fieldSchemaOf } from './traverse.ts'

/**
 * A value on an update, and the value that it was before: rules that were broken already may stay broken where nothing
 * changed. Children are found as the schema identifies them. After k8s.io/apiserver pkg/cel/common/equality.go.
 */
export class Correlation {
  readonly value: unknown
  readonly old: unknown
  readonly #schema: Schema
  readonly #children = new Map<string | number, Correlation>()
  #mapList: MapList | undefined
  #isEqual: boolean | undefined

  constructor(value: unknown, old: unknown, schema: Schema) {
    this.value = value
    this.old = old
    this.#schema = schema
  }

  /** Undefined when the field is new, or the schema does not say what it is. */
  key(field: string): Correlation | undefined {
    const known = this.#children.get(field)
    if (known !== undefined) return known
    const { value, old } = this
    if (!isJsonObject(value) || !isJsonObject(old)) return undefined
    if (!Object.hasOwn(value, field) || !Object.hasOwn(old, field)) return undefined
    const { schema } = fieldSchemaOf(this.#schema, field)
    return schema === undefined ? undefined : this.#child(field, new Correlation(value[field], old[field], schema))
  }

  /** Undefined but in lists whose items have keys. */
  index(index: number): Correlation | undefined {
    const known = this.#children.get(index)
    if (known !== undefined) return known
    const { value, old } = this
    const { items } = this.#schema
    if (!Array.isArray(value) || !Array.isArray(old) || index >= value.length || items === undefined) return undefined
    this.#mapList ??= new MapList(this.#schema, old)
    const before = this.#mapList.counterpart(value[index])
    return before === undefined ? undefined : this.#child(index, new Correlation(value[index], before, items))
  }

  /** Whether nothing changed. Order counts in lists, except that items with keys are compared with their counterparts. */
  isEqual(): boolean {
    this.#isEqual ??= this.#compare()
    return this.#isEqual
  }

  #compare(): boolean {
    const { value, old } = this
    if (value === old) return true
    if (this.#schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(value) || !Array.isArray(old)) {
      return this.#compareFields() ?? sameJson(value, old)
    }
    if (value.length !== old.length) return false
    return value.every((_item, index) => this.index(index)?.isEqual() === true)
  }

  /** Field by field where each has a counterpart, as lists with keys may be below. */
  #compareFields(): boolean | undefined {
    const { value, old } = this
    if (!isJsonObject(value) || !isJsonObject(old)) return undefined
    const fields = Object.keys(value)
    if (fields.length !== Object.keys(old).length) return false
    return fields.every((field) => this.key(field)?.isEqual() === true)
  }

  #child(at: string | number, child: Correlation): Correlation {
    this.#children.set(at, child)
    return child
  }
}
