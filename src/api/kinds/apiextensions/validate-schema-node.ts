import { type Cause, forbiddenField, invalidValue, notSupported } from '../../errors.ts'
import { childPath, indexPath, keyPath, propertyPath } from '../../schema/traverse.ts'
import type { JSONSchemaProps } from '../../types.generated.ts'
import { hasUnknownType, SCHEMA_TYPES, type SchemaRules } from './definition-rules.ts'
import { costsBelow, type RuleCosts } from './rule-costs.ts'
import { isNameList, isSchemaList } from './schema-search.ts'
import { validateListAndMapType } from './validate-list-type.ts'
import { validateRuleForms, validateRulePrograms } from './validate-rules.ts'

export interface NodeContext {
  readonly rules: SchemaRules
  /** Absent where expressions are not looked at. */
  readonly costs: RuleCosts | undefined
  readonly isRoot: boolean
  /** Why a default must not stand here. */
  readonly noDefaults?: string
  readonly isInsideMeta?: boolean
  /** The list or map above whose items cannot be told from each other, so that no rule can speak of changes here. */
  readonly uncorrelatable?: string
}

export interface NodeCauses {
  readonly schemaCauses: readonly Cause[]
  /** About expressions; looked for only where the schema itself is sound. */
  readonly ruleCauses: readonly Cause[]
}

const META_FIELDS = ['metadata', 'kind', 'apiVersion']

/** After k8s.io/apiextensions-apiserver ValidateCustomResourceDefinitionOpenAPISchema. */
export function validateSchemaNode(schema: JSONSchemaProps, path: string, context: NodeContext): NodeCauses {
  const schemaCauses: Cause[] = [...validateKeywords(schema, path, context)]
  const ruleCauses: Cause[] = []
  for (const { child, at, context: below } of childrenOf(schema, path, context)) {
    const causes = validateSchemaNode(child, at, below)
    schemaCauses.push(...causes.schemaCauses)
    ruleCauses.push(...causes.ruleCauses)
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    schemaCauses.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  }
  schemaCauses.push(...validateListAndMapType(schema, path, context.rules), ...validateRuleForms(schema, path))
  const { costs, rules, uncorrelatable } = context
  if (schemaCauses.length === 0 && costs !== undefined) {
    ruleCauses.push(...validateRulePrograms(schema, path, { costs, rules, uncorrelatable }))
  }
  return { schemaCauses, ruleCauses }
}

interface ChildNode {
  readonly child: JSONSchemaProps
  readonly at: string
  readonly context: NodeContext
}

function* childrenOf(schema: JSONSchemaProps, path: string, context: NodeContext): Generator<ChildNode> {
  const nested: NodeContext = { ...context, isRoot: false, costs: undefined }
  const below: NodeContext = {
    ...nested,
    costs: context.costs === undefined ? undefined : costsBelow(context.costs, schema),
  }
  const { additionalProperties, not, items, definitions = {}, dependencies = {} } = schema
  if (typeof additionalProperties === 'object') {
    const noDefaults = 'inside additionalProperties applying to object metadata'
    const values = context.isInsideMeta === true ? { ...below, noDefaults } : below
    yield { child: additionalProperties, at: childPath(path, 'additionalProperties'), context: values }
  }
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    yield { child, at: propertyPath(path, name), context: propertyContext(schema, name, { path, context, below }) }
  }
  if (not !== undefined) yield { child: not, at: childPath(path, 'not'), context: nested }
  for (const keyword of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [index, child] of (schema[keyword] ?? []).entries()) {
      yield { child, at: indexPath(childPath(path, keyword), index), context: nested }
    }
  }
  for (const [name, child] of Object.entries(definitions)) {
    yield { child, at: keyPath(childPath(path, 'definitions'), name), context: nested }
  }
  if (items !== undefined) yield* itemNodes(schema, items, { path, below })
  for (const [name, child] of Object.entries(dependencies)) {
    if (!isNameList(child)) yield { child, at: keyPath(childPath(path, 'dependencies'), name), context: nested }
  }
}

function propertyContext(
  schema: JSONSchemaProps,
  name: string,
  { path, context, below }: { readonly path: string; readonly context: NodeContext; readonly below: NodeContext },
): NodeContext {
  const isCorrelatable = ['granular', 'atomic'].includes(schema['x-kubernetes-map-type'] ?? 'granular')
  const correlated = isCorrelatable ? below : { ...below, uncorrelatable: below.uncorrelatable ?? path }
  const isResource = context.isRoot || schema['x-kubernetes-embedded-resource'] === true
  if (!isResource || !META_FIELDS.includes(name)) return correlated
  return { ...correlated, isInsideMeta: true, ...(context.isRoot ? { noDefaults: `in top-level ${name}` } : {}) }
}

function* itemNodes(
  schema: JSONSchemaProps,
  items: NonNullable<JSONSchemaProps['items']>,
  { path, below }: { readonly path: string; readonly below: NodeContext },
): Generator<ChildNode> {
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const context = isMap ? below : { ...below, uncorrelatable: below.uncorrelatable ?? path }
  const at = childPath(path, 'items')
  if (!isSchemaList(items)) {
    yield { child: items, at, context }
    return
  }
  for (const [index, child] of items.entries()) yield { child, at: indexPath(at, index), context }
}

/** Keywords that upstream knows but does not allow. */
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

function* validateKeywords(schema: JSONSchemaProps, path: string, context: NodeContext): Generator<Cause> {
  const { type = '', additionalProperties, properties = {}, items } = schema
  if (context.rules.requireKnownTypes && hasUnknownType(schema)) {
    yield notSupported(childPath(path, 'type'), type, SCHEMA_TYPES)
  }
  if (schema.default !== undefined && (!context.rules.allowDefaults || context.noDefaults !== undefined)) {
    const reason = context.noDefaults === undefined ? '' : ` ${context.noDefaults}`
    yield forbiddenField(childPath(path, 'default'), `must not be set${reason}`)
  }
  for (const keyword of UNSUPPORTED) {
    if (!isEmpty(schema[keyword])) yield forbiddenField(childPath(path, keyword), `${keyword} is not supported`)
  }
  if (type === 'null') {
    yield forbiddenField(childPath(path, 'type'), 'type cannot be set to null, use nullable as an alternative')
  }
  if (isSchemaList(items) && items.length > 0) {
    yield forbiddenField(childPath(path, 'items'), 'items must be a schema object and not an array')
  }
  if (context.isInsideMeta === true && schema['x-kubernetes-embedded-resource'] === true) {
    yield forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta')
  }
  if (schema.uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    yield forbiddenField(childPath(path, 'uniqueItems'), why)
  }
  const isExclusive = additionalProperties !== undefined && additionalProperties !== true
  if (isExclusive && Object.keys(properties).length > 0) {
    const rule = 'additionalProperties and properties are mutual exclusive'
    yield forbiddenField(childPath(path, 'additionalProperties'), rule)
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
