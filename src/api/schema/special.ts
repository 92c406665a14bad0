import { APIEXTENSIONS, META } from './builtin-groups.ts'
import type { Schema } from './schema.ts'

export const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
export const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'
export const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension'
export const TIME = `${META}.Time`
export const MICRO_TIME = `${META}.MicroTime`
export const FIELDS_V1 = `${META}.FieldsV1`
export const PATCH = `${META}.Patch`
export const JSON_VALUE = `${APIEXTENSIONS}.JSON`
export const JSON_SCHEMA_OR_ARRAY = `${APIEXTENSIONS}.JSONSchemaPropsOrArray`
export const JSON_SCHEMA_OR_BOOL = `${APIEXTENSIONS}.JSONSchemaPropsOrBool`
export const JSON_SCHEMA_OR_STRINGS = `${APIEXTENSIONS}.JSONSchemaPropsOrStringArray`

/**
 * Definitions whose JSON is a scalar or free of rules, although Go and protobuf have structs for them.
 *
 * A Quantity takes any number, fractions too (`cpu: 0.5`), which `x-kubernetes-int-or-string` says nearly enough; what
 * OpenAPI documents publish for it stands in `openapi/`.
 */
export const SPECIAL: Readonly<Record<string, Schema>> = {
  [QUANTITY]: { definition: QUANTITY, type: 'string', 'x-kubernetes-int-or-string': true },
  [INT_OR_STRING]: {
    definition: INT_OR_STRING,
    type: 'string',
    format: 'int-or-string',
    'x-kubernetes-int-or-string': true,
  },
  [RAW_EXTENSION]: free(RAW_EXTENSION, 'object'),
  [TIME]: { definition: TIME, type: 'string', format: 'date-time' },
  [MICRO_TIME]: { definition: MICRO_TIME, type: 'string', format: 'date-time' },
  [FIELDS_V1]: free(FIELDS_V1, 'object'),
  [PATCH]: free(PATCH, 'object'),
  [JSON_VALUE]: free(JSON_VALUE),
  [JSON_SCHEMA_OR_ARRAY]: free(JSON_SCHEMA_OR_ARRAY),
  [JSON_SCHEMA_OR_BOOL]: free(JSON_SCHEMA_OR_BOOL),
  [JSON_SCHEMA_OR_STRINGS]: free(JSON_SCHEMA_OR_STRINGS),
}

function free(definition: string, type?: 'object'): Schema {
  return { definition, ...(type === undefined ? {} : { type }), 'x-kubernetes-preserve-unknown-fields': true }
}
