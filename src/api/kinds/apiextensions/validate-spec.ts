import { type Cause, forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { sameJson } from '../../schema/json.ts'
import { validateChoice } from '../validation/choices.ts'
import { requireFields } from '../validation/required-fields.ts'
import type { DefinitionRules, SchemaRules } from './definition-rules.ts'
import type { InternalSpec, InternalVersion } from './internal-form.ts'
import { anySchemaHas } from './schema-search.ts'
import { validateConversion } from './validate-conversion.ts'
import { validateLabel, validateNames } from './validate-names.ts'
import { validateSchema } from './validate-schema.ts'
import {
  deprecationWarningProblems,
  validateColumn,
  validateSelectableFields,
  validateSubresources,
} from './validate-version-parts.ts'

const EXTENSIONS = [
  'x-kubernetes-embedded-resource',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-validations',
] as const

/** After k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go. */
export function* validateSpec(spec: InternalSpec, rules: DefinitionRules): Generator<Cause> {
  const { names = {}, conversion, preserveUnknownFields = true } = spec
  yield* validateGroup(spec.group ?? '', 'spec.group')
  yield* validateChoice(spec.scope, 'spec.scope', ['Cluster', 'Namespaced'])
  yield* validateSchemasGiven(spec, rules)
  const hasDefaults = rules.schema.allowDefaults && anySchemaHas(spec, (schema) => schema.default !== undefined)
  if (hasDefaults && preserveUnknownFields) {
    yield invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema')
  }
  const usesExtensions = anySchemaHas(spec, (schema) => EXTENSIONS.some((name) => schema[name] !== undefined))
  const schemaRules: SchemaRules = {
    ...rules.schema,
    requireStructural: rules.schema.requireStructural || !preserveUnknownFields || hasDefaults || usesExtensions,
  }
  for (const [index, version] of (spec.versions ?? []).entries()) {
    yield* validateVersion(version, `spec.versions[${index}]`, { spec, rules, schemaRules })
  }
  yield* validateOncePerDefinition(spec)
  yield* validateVersionList(spec)
  yield* requireFields(names, 'spec.names', ['plural', 'singular', 'kind', 'listKind'])
  yield* validateNames(names, 'spec.names')
  yield* validateCommonParts(spec, rules, schemaRules)
  if (conversion === undefined) return
  if (conversion.strategy !== 'None' && preserveUnknownFields) {
    const rule = 'must be None if spec.preserveUnknownFields is true'
    yield invalidValue('spec.conversion.strategy', conversion.strategy, rule)
  }
  yield* validateConversion(conversion, 'spec.conversion', rules.conversion)
}

function* validateGroup(group: string, field: string): Generator<Cause> {
  const problems = validateDns1123Subdomain(group)
  if (group === '') yield required(field, '')
  else if (problems.length > 0) yield invalidValue(field, group, problems.join(','))
  else if (!group.includes('.')) yield invalidValue(field, group, 'should be a domain with at least one dot')
}

function* validateSchemasGiven(spec: InternalSpec, { requireSchema }: DefinitionRules): Generator<Cause> {
  if (spec.validation?.openAPIV3Schema !== undefined) return
  if (!requireSchema && (spec.preserveUnknownFields ?? true)) return
  for (const [index, { schema, served = false }] of (spec.versions ?? []).entries()) {
    if (schema?.openAPIV3Schema !== undefined) continue
    const field = `spec.versions[${index}].schema.openAPIV3Schema`
    if (requireSchema) yield required(field, '')
    else if (served) yield required(field, 'because otherwise all fields are pruned')
  }
}

interface VersionContext {
  readonly spec: InternalSpec
  readonly rules: DefinitionRules
  readonly schemaRules: SchemaRules
}

function* validateVersion(version: InternalVersion, field: string, context: VersionContext): Generator<Cause> {
  const { name = '', schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version
  const { spec, rules, schemaRules } = context
  yield* validateLabel(name, `${field}.name`)
  for (const problem of deprecationWarningProblems(version.deprecated ?? false, version.deprecationWarning)) {
    yield invalidValue(`${field}.deprecationWarning`, version.deprecationWarning, problem)
  }
  if (schema !== undefined) {
    const ignoreRuleCosts = rules.versionsWithUnchangedSchemas.has(name)
    const isPerVersion = spec.versions?.some((one) => one.subresources !== undefined) === true
    const hasStatus = (isPerVersion ? subresources : spec.subresources)?.status !== undefined
    yield* validateSchema(schema, `${field}.schema`, { hasStatus, rules: { ...schemaRules, ignoreRuleCosts } })
  }
  if (subresources !== undefined) yield* validateSubresources(subresources, `${field}.subresources`)
  for (const [index, column] of additionalPrinterColumns.entries()) {
    yield* validateColumn(column, `${field}.additionalPrinterColumns[${index}]`)
  }
  if (selectableFields.length === 0) return
  const at = `${field}.selectableFields`
  const allowTooMany = rules.versionsWithTooManySelectableFields.has(name)
  if (schema?.openAPIV3Schema === undefined) {
    yield invalidValue(at, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')
  } else yield* validateSelectableFields(selectableFields, schema.openAPIV3Schema, at, allowTooMany)
}

/** Something stands either in each version or beside the versions, and beside them when it is always the same. */
function* validateOncePerDefinition(spec: InternalSpec): Generator<Cause> {
  const { versions = [] } = spec
  const parts = [
    { part: 'schema', common: 'validation', noun: 'schemas' },
    { part: 'subresources', common: 'subresources', noun: 'subresources' },
    { part: 'additionalPrinterColumns', common: 'additionalPrinterColumns', noun: 'additionalPrinterColumns' },
  ] as const
  for (const { part, common, noun } of parts) {
    if (isGiven(spec[common]) && versions.some((version) => isGiven(version[part]))) {
      yield forbiddenField(`spec.${common}`, `top-level and per-version ${noun} are mutually exclusive`)
    }
  }
  for (const { part, common, noun } of parts) {
    const [first] = versions
    if (first === undefined) continue
    if (!versions.every((version) => isGiven(version[part]) && sameJson(version[part], first[part]))) continue
    const rule = `per-version ${noun} may not all be set to identical values`
    yield invalidValue('spec.versions', versions, `${rule} (top-level ${common} should be used instead)`)
  }
}

function isGiven(part: unknown): boolean {
  return part !== undefined && !(Array.isArray(part) && part.length === 0)
}

function* validateVersionList({ versions = [], version = '' }: InternalSpec): Generator<Cause> {
  const field = 'spec.versions'
  if (new Set(versions.map(({ name }) => name)).size !== versions.length) {
    yield invalidValue(field, versions, 'must contain unique version names')
  }
  if (versions.filter(({ storage }) => storage === true).length !== 1) {
    yield invalidValue(field, versions, 'must have exactly one version marked as storage version')
  }
  if (version === '') return
  yield* validateLabel(version, 'spec.version')
  const [first] = versions
  if (first !== undefined && first.name !== version) {
    yield invalidValue('spec.version', version, 'must match the first version in spec.versions')
  }
}

function* validateCommonParts(spec: InternalSpec, rules: DefinitionRules, schemaRules: SchemaRules): Generator<Cause> {
  const { validation, subresources, additionalPrinterColumns = [], selectableFields = [], versions = [] } = spec
  if (validation !== undefined) {
    const ignoreRuleCosts = rules.versionsWithUnchangedSchemas.has(spec.version ?? '')
    const hasStatus = [spec, ...versions].some((one) => one.subresources?.status !== undefined)
    yield* validateSchema(validation, 'spec.validation', { hasStatus, rules: { ...schemaRules, ignoreRuleCosts } })
  }
  if (subresources !== undefined) yield* validateSubresources(subresources, 'spec.subresources')
  for (const [index, column] of additionalPrinterColumns.entries()) {
    yield* validateColumn(column, `spec.additionalPrinterColumns[${index}]`)
  }
  if (selectableFields.length === 0) return
  const allowTooMany = rules.versionsWithTooManySelectableFields.has('')
  if (validation?.openAPIV3Schema === undefined) {
    yield invalidValue('spec.selectableFields', '', 'may only be set when validations.schema is included')
    return
  }
  yield* validateSelectableFields(selectableFields, validation.openAPIV3Schema, 'spec.selectableFields', allowTooMany)
}
