import { OBJECT_COST_MAX } from '../../cel/kubernetes.ts'
import { type Cause, type CauseReason, invalidValue } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { ApiObject } from '../../object.ts'
import { Correlation } from '../../schema/correlation.ts'
import { validateEmbedded } from '../../schema/embedded.ts'
import { validateListTypes } from '../../schema/list-types.ts'
import { ruleTree } from '../../schema/rules/rule-tree.ts'
import { runRules } from '../../schema/rules/rule-validator.ts'
import type { Schema } from '../../schema/schema.ts'
import { fieldSchemaOf } from '../../schema/traverse.ts'
import { validateValue } from '../../schema/validation/validate-value.ts'
import type { CustomResourceSubresourceScale } from '../../types.generated.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateScale } from './custom-resource-scale.ts'
import { validateEmbeddedMetadata } from './embedded-metadata.ts'

/** What validation must know of a kind of custom resources. */
export interface CustomResourceRules {
  readonly apiVersion: string
  readonly kind: string
  readonly namespaced: boolean
  readonly schema: Schema
  readonly scale: CustomResourceSubresourceScale | undefined
}

/** Where these are wrong, rules are not run: they could cost without limit, or speak of what is not there. */
const BLOCKING: ReadonlySet<CauseReason> = new Set<CauseReason>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const BLOCKED = invalidValue(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
)

/** k8s.io/apiextensions-apiserver pkg/registry/customresource/{strategy,validator}.go */
export function validateCustomResource(
  object: ApiObject,
  rules: CustomResourceRules,
  old?: ApiObject,
): readonly Cause[] {
  const { schema, scale, namespaced } = rules
  const wrongType = [...validateTypeMeta(object, rules)]
  const correlation = old === undefined ? undefined : new Correlation(object, old, schema)
  const causes: Cause[] = wrongType.length > 0 ? wrongType : []
  if (wrongType.length === 0) {
    causes.push(...validateMetadata(object, namespaced, old))
    causes.push(...validateValue(object, schema, { before: old === undefined ? undefined : { old, correlation } }))
    if (scale !== undefined) causes.push(...validateScale(object, scale, { withSpec: true }))
  }
  causes.push(...validateEmbedded(object, schema, { isRoot: false, validateMetadata: validateEmbeddedMetadata }))
  causes.push(...newListTypeCauses(object, schema, old))
  causes.push(...validateRules(object, schema, { causes, old, correlation }))
  return causes
}

/** k8s.io/apiextensions-apiserver pkg/registry/customresource/status_strategy.go */
export function validateCustomResourceStatus(
  object: ApiObject & { readonly status?: unknown },
  rules: CustomResourceRules,
  old: ApiObject & { readonly status?: unknown },
): readonly Cause[] {
  const { schema, scale } = rules
  const correlation = new Correlation(object, old, schema)
  const causes: Cause[] = [...validateTypeMeta(object, rules)]
  if (causes.length === 0) {
    causes.push(...validateMetadata(object, rules.namespaced, old))
    const { schema: statusSchema } = fieldSchemaOf(schema, 'status')
    if (object.status !== undefined && statusSchema !== undefined) {
      const before = { old: old.status, correlation: correlation.key('status') }
      causes.push(...validateValue(object.status, statusSchema, { path: 'status', before }))
    }
    if (scale !== undefined) causes.push(...validateScale(object, scale, { withSpec: false }))
  }
  causes.push(...newListTypeCauses(object, schema, old))
  causes.push(...validateRules(object, schema, { causes, old, correlation }))
  return causes
}

function* validateTypeMeta({ apiVersion, kind }: ApiObject, wanted: CustomResourceRules): Generator<Cause> {
  if (kind !== wanted.kind) yield invalidValue('kind', kind, `must be ${wanted.kind}`)
  if (apiVersion !== wanted.apiVersion) yield invalidValue('apiVersion', apiVersion, `must be ${wanted.apiVersion}`)
}

function validateMetadata({ metadata }: ApiObject, namespaced: boolean, old: ApiObject | undefined): Iterable<Cause> {
  const rules = { namespaced, name: nameIsDnsSubdomain, allowAnyFinalizer: true }
  if (old === undefined) return validateObjectMeta(metadata, rules)
  return validateObjectMetaUpdate(metadata, old.metadata, 'metadata', rules)
}

/** What stood twice before may stand twice. */
function newListTypeCauses(object: ApiObject, schema: Schema, old: ApiObject | undefined): readonly Cause[] {
  const causes = [...validateListTypes(object, schema)]
  if (causes.length === 0 || old === undefined) return causes
  return [...validateListTypes(old, schema)].length > 0 ? [] : causes
}

interface RuleContext {
  readonly causes: readonly Cause[]
  readonly old: ApiObject | undefined
  readonly correlation: Correlation | undefined
}

function validateRules(object: ApiObject, schema: Schema, { causes, old, correlation }: RuleContext): readonly Cause[] {
  const rules = ruleTree(schema, true)
  if (rules === undefined) return []
  if (causes.some(({ reason }) => BLOCKING.has(reason))) return [BLOCKED]
  const run = { budget: OBJECT_COST_MAX, ...(correlation === undefined ? {} : { correlation }) }
  return runRules(rules, '', { value: object, old }, run).causes
}
