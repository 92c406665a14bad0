/**
 * The form of `builtin.generated.json`: what the built-in API consists of, as plain facts. Schemas, the protobuf codec
 * and the OpenAPI documents are made from it.
 */

/** Package such as `io.k8s.api.core.v1` → definition such as `Pod` → facts. */
export type Facts = Readonly<Record<string, Readonly<Record<string, DefinitionFacts>>>>

export interface DefinitionFacts {
  /** In JSON it has `apiVersion` and `kind`; protobuf keeps these in the envelope. */
  readonly kind?: boolean
  /** It is a message of its own in protobuf only; in JSON its fields stand among those of what contains it. */
  readonly inlined?: boolean
  /** Server-side apply replaces it as a whole. */
  readonly mapType?: 'atomic'
  /** One of its members is set: the field that says which, where there is one, then the members. */
  readonly union?: readonly string[]
  readonly fields: Readonly<Record<string, FieldFacts>>
}

export interface FieldFacts {
  readonly number: number
  /**
   * `string`, `bool`, `int32`, `int64`, `double`, `bytes`; `strings` for a message that JSON writes as a list of strings;
   * or a definition, by its name alone where it is of the same package.
   */
  readonly type: string
  readonly shape?: 'list' | 'map'
  readonly inline?: boolean
  readonly required?: boolean
  /** Absent means `absent`. */
  readonly zero?: Zero
  readonly default?: unknown
  readonly merge?: 'atomic' | 'granular' | 'map' | 'set'
  /** The fields that identify an item where `merge` is `map`. */
  readonly keys?: readonly string[]
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
}

/**
 * What JSON has where Go has the zero value: nothing; nothing, while a zero that was set stays (a pointer); the zero
 * itself (a struct prints as `{}`, a list and a time as null); or null.
 */
export type Zero = 'absent' | 'kept' | 'null' | 'shown'
