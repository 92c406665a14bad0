import { builtinFacts, jsonFields, referredDefinition } from '../schema/builtin-table.ts'
import type { FieldFacts } from '../schema/facts.ts'
import { SPECIAL } from '../schema/special.ts'
import type { JsonObject } from './typed-value.ts'

/**
 * What upstream's server has in hand before it looks at a new object: the zero value of its Go type, in which structs
 * are there already. Whoever creates a Deployment therefore owns .spec.replicas, but not .spec.
 */
export function zeroObject(definition: string | undefined): JsonObject {
  if (definition === undefined) return {}
  const known = zeroObjects.get(definition)
  if (known !== undefined) return known
  const zero: Record<string, unknown> = {}
  zeroObjects.set(definition, zero)
  if (builtinFacts(definition) === undefined || SPECIAL[definition] !== undefined) return zero
  for (const [name, field, owner] of jsonFields(definition)) {
    if (field.zero === 'null') zero[name] = null
    if (field.zero === 'shown') zero[name] = zeroOf(owner, field)
  }
  return zero
}

const zeroObjects = new Map<string, JsonObject>()

const ZERO_SCALARS: Readonly<Record<string, unknown>> = {
  bool: false,
  double: 0,
  int32: 0,
  int64: 0,
  string: '',
}

function zeroOf(owner: string, field: FieldFacts): unknown {
  if (field.shape !== undefined) return null
  const definition = referredDefinition(owner, field)
  if (definition === undefined) return ZERO_SCALARS[field.type] ?? null
  return SPECIAL[definition] === undefined ? zeroObject(definition) : null
}
