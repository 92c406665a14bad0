import type { Environment } from '../../cel/declarations.ts'
import type { Schema } from '../schema.ts'
import { type CompiledRule, compileRules, SELF_TYPE_NAME } from './compiled-rule.ts'
import { declare } from './declare.ts'
import { escapeName } from './escape.ts'

/** A node of a schema that has rules, or has nodes with rules below it. */
export interface RuleNode {
  readonly schema: Schema
  readonly isRoot: boolean
  /** The rules that stand here, compiled when first asked for. */
  compiled(): readonly CompiledRule[]
  readonly items: RuleNode | undefined
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly additional: RuleNode | undefined
  readonly allOf: readonly RuleNode[]
}

const trees = new WeakMap<Schema, RuleNode>()

/** Undefined for a schema without rules. Made once a schema, unless it is for an environment of its own. */
export function ruleTree(schema: Schema, isRoot: boolean, environment?: Environment): RuleNode | undefined {
  if (!hasRules(schema)) return undefined
  if (environment !== undefined) return nodeOf(schema, schema, isRoot, environment)
  const known = trees.get(schema)
  if (known?.isRoot === isRoot) return known
  const tree = nodeOf(schema, schema, isRoot)
  if (tree !== undefined) trees.set(schema, tree)
  return tree
}

const withRules = new WeakMap<Schema, boolean>()

export function hasRules(schema: Schema): boolean {
  const known = withRules.get(schema)
  if (known !== undefined) return known
  withRules.set(schema, false)
  const { properties = {}, additionalProperties, items, allOf = [] } = schema
  const children = [...Object.values(properties), additionalProperties, items, ...allOf]
  const found =
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    children.some((child) => typeof child === 'object' && hasRules(child))
  withRules.set(schema, found)
  return found
}

/** `rules` is where rules are read from, `schema` says what the data is: within allOf they differ. */
function nodeOf(rules: Schema, schema: Schema, isRoot: boolean, environment?: Environment): RuleNode | undefined {
  const own = rules['x-kubernetes-validations'] ?? []
  const items = childNode(rules.items, schema.items, environment)
  const properties = propertyNodes(rules, schema, environment)
  const { additionalProperties: valueRules } = rules
  const { additionalProperties: values } = schema
  const additional =
    typeof valueRules === 'object' && typeof values === 'object'
      ? childNode(valueRules, values, environment)
      : undefined
  const allOf = (rules.allOf ?? []).flatMap((part) => nodeOf(part, schema, isRoot, environment) ?? [])
  const isEmpty = own.length === 0 && items === undefined && additional === undefined
  if (isEmpty && properties.size === 0 && allOf.length === 0) return undefined
  let compiled: readonly CompiledRule[] | undefined
  return {
    schema,
    isRoot,
    items,
    properties,
    additional,
    allOf,
    compiled: () =>
      (compiled ??=
        environment === undefined && rules === schema
          ? compiledRulesAt(schema, isRoot)
          : compileOwn(own, schema, isRoot, environment)),
  }
}

const compiledRules = new WeakMap<Schema, Map<boolean, readonly CompiledRule[]>>()

/** The rules that stand at a node of a schema. Compiled once, for the schema's definition and for the values of it. */
export function compiledRulesAt(schema: Schema, isRoot: boolean): readonly CompiledRule[] {
  let known = compiledRules.get(schema)
  if (known === undefined) compiledRules.set(schema, (known = new Map<boolean, readonly CompiledRule[]>()))
  let rules = known.get(isRoot)
  if (rules === undefined) {
    known.set(isRoot, (rules = compileOwn(schema['x-kubernetes-validations'] ?? [], schema, isRoot)))
  }
  return rules
}

function compileOwn(
  own: NonNullable<Schema['x-kubernetes-validations']>,
  schema: Schema,
  isRoot: boolean,
  environment?: Environment,
): readonly CompiledRule[] {
  if (own.length === 0) return []
  const declared = declare(schema, SELF_TYPE_NAME, isRoot)
  if (declared === undefined) {
    const error = 'failed to convert to declType for CEL validation rules'
    return own.map((rule) => ({ rule, usesOldSelf: false, error }))
  }
  return compileRules(schema, own, declared, environment)
}

function childNode(
  rules: Schema | undefined,
  schema: Schema | undefined,
  environment?: Environment,
): RuleNode | undefined {
  if (rules === undefined || schema === undefined) return undefined
  return nodeOf(rules, schema, schema['x-kubernetes-embedded-resource'] === true, environment)
}

function propertyNodes(rules: Schema, schema: Schema, environment?: Environment): ReadonlyMap<string, RuleNode> {
  const nodes = new Map<string, RuleNode>()
  for (const [name, propertyRules] of Object.entries(rules.properties ?? {})) {
    const property = schema.properties?.[name]
    if (property === undefined || !hasRules(propertyRules) || !isVisible(name, property)) continue
    const node = childNode(propertyRules, property, environment)
    if (node !== undefined) nodes.set(name, node)
  }
  return nodes
}

/** Data that expressions cannot see has no rules of its own either. */
function isVisible(name: string, schema: Schema): boolean {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  return escapeName(name) === undefined || declare(schema, SELF_TYPE_NAME, isEmbedded) !== undefined
}
