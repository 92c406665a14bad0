import { badRequest } from '../errors.ts'
import { apiVersionOf, type Kind } from '../kind.ts'
import type { ApiObject } from '../object.ts'
import { dropNulls } from './defaults.ts'
import { CoerceError, coerceMetadata } from './embedded.ts'
import { isJsonObject } from './json.ts'
import { pruneUnknown } from './prune.ts'
import { asResourceRoot } from './traverse.ts'

/**
 * Reads JSON as a custom resource: metadata gets the form that typed objects have, undeclared fields are dropped and
 * reported, and so are nulls that the schema does not allow. Everything else is left to validation.
 */
export function decodeCustomResource(
  kind: Kind,
  value: unknown,
): { readonly object: ApiObject; readonly unknownFields: readonly string[] } {
  if (!isJsonObject(value)) {
    throw badRequest(
      `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`,
    )
  }
  for (const field of ['apiVersion', 'kind'] as const) {
    const text = value[field]
    if (text !== undefined && typeof text !== 'string') {
      throw badRequest(
        `.${field} accessor error: ${JSON.stringify(text)} is of the type ${typeof text}, expected string`,
      )
    }
  }
  const schema = kind.schema()
  const isOfKind = value['kind'] === kind.kind && value['apiVersion'] === apiVersionOf(kind)
  try {
    const pruned = isOfKind ? pruneUnknown(value, schema, { isRoot: true }) : { value, unknownFields: [] }
    const withoutNulls = isOfKind ? dropNulls(pruned.value, schema) : pruned.value
    const coerced = coerceMetadata(withoutNulls, asResourceRoot(schema), { isRoot: false, dropInvalid: false })
    const unknown = [...pruned.unknownFields, ...coerced.unknownFields]
    // What came in was an object, and none of these steps makes anything else of one.
    const object = coerced.value as ApiObject
    return { object, unknownFields: unknown.map((path) => `unknown field ${JSON.stringify(path)}`) }
  } catch (failure) {
    throw failure instanceof CoerceError ? badRequest(failure.message) : failure
  }
}
