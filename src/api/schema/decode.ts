import { badRequest } from '../errors.ts'
import type { Kind } from '../kind.ts'
import type { ApiObject } from '../object.ts'
import { decodeCustomResource } from './decode-custom.ts'
import { decoderOf, DecodeError, DecodeState } from './decoder.ts'
import { goTypeOf } from './go-types.ts'

export interface Decoded {
  readonly object: ApiObject
  /** As strict validation words them: `unknown field "spec.foo"`. */
  readonly unknownFields: readonly string[]
}

/**
 * Reads JSON as an object of this kind, as Go does: fields of the wrong type are refused, unknown fields and nulls are
 * dropped. What is right already is returned as it came, not copied.
 */
export function decodeTyped(kind: Kind, value: unknown): Decoded {
  try {
    return decodeOrThrow(kind, value)
  } catch (failure) {
    if (!(failure instanceof DecodeError)) throw failure
    const version = JSON.stringify(kind.version)
    throw badRequest(`${kind.kind} in version ${version} cannot be handled as a ${kind.kind}: ${failure.message}`)
  }
}

/** The same, but what cannot be read throws the DecodeError itself, for callers with words of their own. */
export function decodeOrThrow(kind: Kind, value: unknown): Decoded {
  if (kind.custom === true) return decodeCustomResource(kind, value)
  const schema = kind.schema()
  const state = new DecodeState()
  if (!isApiObject(value)) throw state.typeError(value, goTypeOf(schema))
  const object = decoderOf(schema)(value, state)
  return { object: object as ApiObject, unknownFields: state.unknownFields }
}

/** Any JSON object will do: what it lacks is judged by validation. */
function isApiObject(value: unknown): value is ApiObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
