import { OBJECT_COST_MAX } from '../../cel/kubernetes.ts'
import { type Cause, invalidValue } from '../../errors.ts'
import { coerceMetadata, CoerceError, validateEmbedded } from '../../schema/embedded.ts'
import { isJsonObject, type JsonObject } from '../../schema/json.ts'
import { pruneUnknown } from '../../schema/prune.ts'
import { ruleTree } from '../../schema/rules/rule-tree.ts'
import { runRules } from '../../schema/rules/rule-validator.ts'
import type { Schema } from '../../schema/schema.ts'
import { asResourceRoot, childPath, propertyPath } from '../../schema/traverse.ts'
import { validateValue } from '../../schema/validation/validate-value.ts'
import { validateEmbeddedMetadata } from './embedded-metadata.ts'

const META_FIELDS = ['metadata', 'apiVersion', 'kind']
const STAND_IN: JsonObject = { apiVersion: 'validation/v1', kind: 'Validation' }

/** Where a default stands within the closest resource around it. */
interface Place {
  readonly resource: Schema
  /** Puts a value where the default would come to stand in a resource. */
  surround(value: unknown): unknown
  readonly isInsideMeta: boolean
}

/**
 * Whether defaults are values that the schema would let stand. After k8s.io/apiextensions-apiserver
 * pkg/apiserver/schema/defaulting/validation.go.
 */
export function* validateDefaults(
  schema: Schema,
  path: string,
  { requirePrunedDefaults }: { readonly requirePrunedDefaults: boolean },
): Generator<Cause> {
  const root = asResourceRoot(schema)
  const checker = new DefaultChecker(requirePrunedDefaults)
  yield* checker.visit(root, path, { resource: root, surround: (value) => value, isInsideMeta: false })
}

class DefaultChecker {
  readonly #requirePruned: boolean
  /** What the rules of all defaults may still cost. */
  #remaining = OBJECT_COST_MAX

  constructor(requirePruned: boolean) {
    this.#requirePruned = requirePruned
  }

  *visit(schema: Schema, path: string, around: Place): Generator<Cause> {
    const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
    const place = isEmbedded ? { resource: schema, surround: (value: unknown) => value, isInsideMeta: false } : around
    if (schema.default !== undefined && schema.default !== null) {
      yield* this.#validate(schema, childPath(path, 'default'), place)
    }
    if (this.#remaining < 0) return
    if (schema.items !== undefined) {
      const surround = (value: unknown): unknown => place.surround([value])
      yield* this.visit(schema.items, childPath(path, 'items'), { ...place, surround })
    }
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (this.#remaining < 0) return
      const surround = (value: unknown): unknown => place.surround({ [name]: value })
      const isInsideMeta = place.isInsideMeta || (isEmbedded && META_FIELDS.includes(name))
      yield* this.visit(property, propertyPath(path, name), { ...place, surround, isInsideMeta })
    }
  }

  *#validate(schema: Schema, path: string, place: Place): Generator<Cause> {
    const metaProblems = place.isInsideMeta
      ? validateMeta(schema.default, path, place)
      : [...this.#validateParts(schema, path)]
    yield* metaProblems
    const isSound = metaProblems.every(({ message }) => message.endsWith(UNPRUNED))
    if (!isSound) return
    const causes = validateValue(schema.default, schema, { path })
    yield* causes
    if (causes.length === 0) yield* this.#runRules(schema, path, schema === place.resource)
  }

  *#validateParts(schema: Schema, path: string): Generator<Cause> {
    const isRoot = schema['x-kubernetes-embedded-resource'] === true
    const value = schema.default
    if (this.#requirePruned && pruneUnknown(value, schema, { isRoot }).value !== value) {
      yield invalidValue(path, value, UNPRUNED)
    }
    const problem = coerceProblem(value, schema, isRoot)
    if (problem !== undefined) yield { ...problem, field: joined(path, problem.field) }
    else {
      for (const cause of validateEmbedded(value, schema, { isRoot, validateMetadata: validateEmbeddedMetadata })) {
        yield { ...cause, field: joined(path, cause.field) }
      }
    }
  }

  /** Both as if nothing changed and as if nothing was there before. */
  *#runRules(schema: Schema, path: string, isRoot: boolean): Generator<Cause> {
    const rules = ruleTree(schema, isRoot)
    if (rules === undefined) return
    const value = schema.default
    const budget = this.#remaining
    const unchanged = runRules(rules, path, { value, old: value }, { budget })
    yield* unchanged.causes
    this.#remaining = unchanged.remaining
    if (unchanged.causes.length > 0) return
    const added = runRules(rules, path, { value }, { budget })
    yield* added.causes
    this.#remaining = Math.min(unchanged.remaining, added.remaining)
  }
}

const UNPRUNED = 'must not have unknown fields'

/** A default within metadata is judged by the metadata that it leads to. */
function validateMeta(value: unknown, path: string, { surround, resource }: Place): readonly Cause[] {
  const around = surround(value)
  const object = isJsonObject(around) ? { ...STAND_IN, ...around } : around
  const problem = coerceProblem(object, resource, true)
  const options = { isRoot: true, validateMetadata: validateEmbeddedMetadata }
  const problems = problem === undefined ? [...validateEmbedded(object, resource, options)] : [problem]
  if (problems.length === 0) return []
  const words = problems.map(({ field, message }) => `${field}: ${message}`)
  const list = words.length === 1 ? words.join() : `[${words.join(', ')}]`
  return [invalidValue(path, value, `must result in valid metadata: ${list}`)]
}

function coerceProblem(value: unknown, schema: Schema, isRoot: boolean): Cause | undefined {
  try {
    coerceMetadata(value, schema, { isRoot, dropInvalid: false })
    return undefined
  } catch (failure) {
    if (failure instanceof CoerceError) return failure.causeOf
    throw failure
  }
}

function joined(path: string, field: string): string {
  return field.startsWith('[') ? `${path}${field}` : childPath(path, field)
}
