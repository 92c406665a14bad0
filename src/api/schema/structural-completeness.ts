import { type Cause, required } from '../errors.ts'
import type { Schema } from './schema.ts'
import type { StructuralOptions } from './structural-options.ts'
import { childPath, indexPath, propertyPath } from './traverse.ts'

/** A place in the structure, which may be missing, and a place that narrows it down. */
interface Places {
  readonly structure: Schema | undefined
  readonly at: string
  readonly restriction: Schema
  readonly from: string
}

/** What allOf, anyOf, oneOf and not speak of without the structure saying what it is. */
export function* missingStructure(schema: Schema, path: string, options: StructuralOptions): Generator<Cause> {
  yield* missingBelow({ structure: schema, at: path, restriction: schema, from: path }, options)
}

function* missingBelow({ structure, at, restriction, from }: Places, options: StructuralOptions): Generator<Cause> {
  const { not } = restriction
  if (not !== undefined) {
    yield* missingFor({ structure, at, restriction: not, from: childPath(from, 'not') }, options)
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, nested] of (restriction[keyword] ?? []).entries()) {
      const nestedFrom = indexPath(childPath(from, keyword), index)
      yield* missingFor({ structure, at, restriction: nested, from: nestedFrom }, options)
    }
  }
}

function* missingFor(places: Places, options: StructuralOptions): Generator<Cause> {
  const { structure, at, restriction, from } = places
  if (structure === undefined) {
    yield required(at, `because it is defined in ${from}`)
    return
  }
  yield* missingBelow(places, options)
  const { items, additionalProperties, properties = {} } = restriction
  if (items !== undefined) {
    const below = { at: childPath(at, 'items'), from: childPath(from, 'items') }
    yield* missingFor({ ...below, structure: structure.items, restriction: items }, options)
  }
  for (const [name, property] of Object.entries(properties)) {
    yield* missingFor(propertyPlaces(places, name, { property, options }), options)
  }
  if (typeof additionalProperties === 'object' && options.allowNestedAdditionalProperties === true) {
    const below = { at: childPath(at, 'additionalProperties'), from: childPath(from, 'additionalProperties') }
    yield* missingFor({ ...below, structure: additionalOf(structure), restriction: additionalProperties }, options)
  }
}

function propertyPlaces(
  { structure, at, from }: Places,
  name: string,
  { property, options }: { readonly property: Schema; readonly options: StructuralOptions },
): Places {
  const { properties = {} } = structure ?? {}
  const places = { restriction: property, from: propertyPath(from, name) }
  const additional = options.allowValidationPropertiesWithAdditionalProperties === true && additionalOf(structure)
  if (!Object.hasOwn(properties, name) && additional) {
    return { ...places, structure: additional, at: childPath(at, 'additionalProperties') }
  }
  const known = Object.hasOwn(properties, name) ? properties[name] : undefined
  return { ...places, structure: known, at: propertyPath(at, name) }
}

function additionalOf(structure: Schema | undefined): Schema | undefined {
  return typeof structure?.additionalProperties === 'object' ? structure.additionalProperties : undefined
}
