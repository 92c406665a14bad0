import { sameJson } from '../../schema/json.ts'
import { pruneUnknown } from '../../schema/prune.ts'
import type { Schema } from '../../schema/schema.ts'
import { validateStructural } from '../../schema/structural.ts'
import type { JSONSchemaProps } from '../../types.generated.ts'
import { type InternalDefinition, hasCondition, schemaOfVersion } from './internal-form.ts'
import { anySchemaHas, schemasOf, schemasWithin, structureOf, unreadable } from './schema-search.ts'
import { caBundleProblem, type ConversionRules, isRecognizedReviewVersion } from './validate-conversion.ts'
import { isNonAtomicSet, mapListProblems } from './validate-list-type.ts'

/**
 * Which rules apply. A new definition must keep all of them; what a stored definition has broken already, from times when
 * less was demanded, it may go on breaking.
 */
export interface DefinitionRules {
  readonly conversion: ConversionRules
  readonly schema: SchemaRules
  readonly immutableNames: boolean
  readonly requireSchema: boolean
  /** Versions that may keep more selectable fields than there should be; the empty name stands for all. */
  readonly versionsWithTooManySelectableFields: ReadonlySet<string>
  /** Versions whose rules may go on costing what they cost. */
  readonly versionsWithUnchangedSchemas: ReadonlySet<string>
}

export interface SchemaRules {
  readonly requireKnownTypes: boolean
  readonly requireStructural: boolean
  readonly requirePrunedDefaults: boolean
  readonly requireAtomicSets: boolean
  readonly requireSoundMapLists: boolean
  readonly allowDefaults: boolean
  readonly ignoreRuleCosts: boolean
}

export const SELECTABLE_FIELDS_MAX = 8
export const SCHEMA_TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string']

export const RULES_FOR_NEW: DefinitionRules = {
  // Until a definition is established, its webhook may still be on its way to a certificate.
  conversion: { requireRecognizedReviewVersion: true, allowInvalidCaBundle: true },
  schema: {
    requireKnownTypes: true,
    requireStructural: true,
    requirePrunedDefaults: true,
    requireAtomicSets: true,
    requireSoundMapLists: true,
    allowDefaults: true,
    ignoreRuleCosts: false,
  },
  immutableNames: false,
  requireSchema: true,
  versionsWithTooManySelectableFields: new Set(),
  versionsWithUnchangedSchemas: new Set(),
}

export function rulesForUpdate(definition: InternalDefinition, old: InternalDefinition): DefinitionRules {
  const { spec } = old
  const { conversionReviewVersions: reviewed = [], webhookClientConfig } = spec.conversion ?? {}
  const isEstablished = hasCondition(old, 'Established')
  const caBundle = webhookClientConfig?.caBundle ?? ''
  return {
    conversion: {
      requireRecognizedReviewVersion: reviewed.length === 0 || reviewed.some(isRecognizedReviewVersion),
      allowInvalidCaBundle: !isEstablished || (caBundle !== '' && caBundleProblem(caBundle) !== undefined),
    },
    schema: {
      requireKnownTypes: !anySchemaHas(spec, hasUnknownType),
      requireStructural: schemasOf(spec).every(isStructural),
      requirePrunedDefaults: !schemasOf(spec).some(hasUnprunedDefaults),
      requireAtomicSets: !anySchemaHas(spec, isNonAtomicSet),
      requireSoundMapLists: !anySchemaHas(spec, (schema) => [...mapListProblems(schema, '')].length > 0),
      allowDefaults: true,
      ignoreRuleCosts: false,
    },
    immutableNames: isEstablished,
    requireSchema:
      spec.validation?.openAPIV3Schema !== undefined ||
      (spec.versions ?? []).every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    versionsWithTooManySelectableFields: tooManySelectableFields(definition, old),
    versionsWithUnchangedSchemas: unchangedSchemas(definition, old),
  }
}

export function hasUnknownType({ type = '' }: JSONSchemaProps): boolean {
  return type !== '' && !SCHEMA_TYPES.includes(type)
}

export function isStructural(schema: JSONSchemaProps): boolean {
  return unreadable(schema) === undefined && validateStructural(structureOf(schema), '').length === 0
}

function hasUnprunedDefaults(schema: JSONSchemaProps): boolean {
  const hasDefault = [...schemasWithin(schema)].some((one) => one.default !== undefined)
  return hasDefault && isStructural(schema) && [...defaultsIn(structureOf(schema))].some(isUnpruned)
}

function* defaultsIn(schema: Schema): Generator<Schema> {
  if (schema.default !== undefined && schema.default !== null) yield schema
  if (schema.items !== undefined) yield* defaultsIn(schema.items)
  for (const property of Object.values(schema.properties ?? {})) yield* defaultsIn(property)
}

function isUnpruned(schema: Schema): boolean {
  const isRoot = schema['x-kubernetes-embedded-resource'] === true
  return pruneUnknown(schema.default, schema, { isRoot }).value !== schema.default
}

function tooManySelectableFields(definition: InternalDefinition, old: InternalDefinition): ReadonlySet<string> {
  const names = new Set<string>()
  const { selectableFields: before = [] } = old.spec
  if (before.length > SELECTABLE_FIELDS_MAX && sameJson(definition.spec.selectableFields, before)) names.add('')
  for (const { name = '', selectableFields } of definition.spec.versions ?? []) {
    const oldVersion = old.spec.versions?.find((version) => version.name === name)
    const oldFields = oldVersion?.selectableFields ?? []
    if (oldFields.length > SELECTABLE_FIELDS_MAX && sameJson(selectableFields, oldFields)) names.add(name)
  }
  return names
}

function unchangedSchemas({ spec }: InternalDefinition, old: InternalDefinition): ReadonlySet<string> {
  const names = (spec.versions ?? []).map(({ name = '' }) => name)
  return new Set(names.filter((name) => sameJson(schemaOfVersion(spec, name), schemaOfVersion(old.spec, name))))
}
