import { type Cause, forbiddenField, invalidValue } from '../../errors.ts'
import { childPath } from '../../schema/traverse.ts'
import { validateStructural } from '../../schema/structural.ts'
import type { CustomResourceValidation, JSONSchemaProps } from '../../types.generated.ts'
import type { SchemaRules } from './definition-rules.ts'
import { costProblem, DEFINITION_COST_MAX, rootCosts, type RuleCosts } from './rule-costs.ts'
import { structureOf, unreadable } from './schema-search.ts'
import { validateDefaults } from './validate-defaults.ts'
import { validateSchemaNode } from './validate-schema-node.ts'

export interface SchemaContext {
  /** Whether the status has an endpoint of its own. */
  readonly hasStatus: boolean
  readonly rules: SchemaRules
}

/** What is wrong with the schema of a version. */
export function* validateSchema(
  { openAPIV3Schema: schema }: CustomResourceValidation,
  field: string,
  { hasStatus, rules }: SchemaContext,
): Generator<Cause> {
  if (schema === undefined) return
  const path = `${field}.openAPIV3Schema`
  const causes: Cause[] = [...(hasStatus ? validateRootForStatus(schema, path) : [])]
  if (schema.nullable === true) {
    causes.push(forbiddenField(childPath(path, 'nullable'), 'nullable cannot be true at the root'))
  }
  const reason = rules.requireStructural ? unreadable(schema) : undefined
  const structural = rules.requireStructural && reason === undefined ? validateStructure(schema, path, rules) : []
  causes.push(...structural)
  const isSound = rules.requireStructural && reason === undefined && structural.length === 0
  const costs = isSound ? rootCosts() : undefined
  const { schemaCauses, ruleCauses } = validateSchemaNode(schema, path, { rules, costs, isRoot: true })
  causes.push(...schemaCauses, ...ruleCauses)
  // Most of what makes a schema unreadable has been said in better words by now.
  if (causes.length === 0 && reason !== undefined) causes.push(invalidValue(path, '', reason))
  if (costs !== undefined) causes.push(...validateTotalCost(costs, path))
  yield* causes
}

function validateStructure(schema: JSONSchemaProps, path: string, rules: SchemaRules): readonly Cause[] {
  const structure = structureOf(schema)
  const problems = validateStructural(structure, path)
  return problems.length > 0 ? problems : [...validateDefaults(structure, path, rules)]
}

function* validateTotalCost({ total }: RuleCosts, path: string): Generator<Cause> {
  if (total.sum <= DEFINITION_COST_MAX) return
  for (const field of total.mostExpensive) {
    yield forbiddenField(
      field,
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
    )
  }
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  yield forbiddenField(path, costProblem(what, total.sum, DEFINITION_COST_MAX))
}

/** As messages list them. */
const AT_ROOT = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
]
const IDENTIFYING: readonly (keyof JSONSchemaProps)[] = ['id', '$schema', '$ref']
const NOT_AT_ROOT: readonly (keyof JSONSchemaProps)[] = [
  'nullable',
  'default',
  'enum',
  'maxProperties',
  'minProperties',
  'allOf',
  'oneOf',
  'anyOf',
  'not',
  'additionalProperties',
  'patternProperties',
  'dependencies',
  'additionalItems',
  'definitions',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
]

/** A status is validated by what the schema says of it alone, so the root must say nothing that concerns it. */
function* validateRootForStatus(schema: JSONSchemaProps, path: string): Generator<Cause> {
  const isGiven = (keyword: keyof JSONSchemaProps): boolean => {
    const value = schema[keyword]
    return value !== undefined && value !== '' && value !== false
  }
  const { type = '' } = schema
  const suffix = 'at the root of the schema if the status subresource is enabled'
  if (type !== '' && type !== 'object' && !IDENTIFYING.some(isGiven)) {
    yield invalidValue(childPath(path, 'type'), type, `only "object" is allowed as the type ${suffix}`)
  } else if ([...IDENTIFYING, ...NOT_AT_ROOT].some(isGiven)) {
    yield invalidValue(path, schema, `only [${AT_ROOT.join(' ')}] fields are allowed ${suffix}`)
  }
}
