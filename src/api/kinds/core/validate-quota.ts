import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
  ScopeSelector,
} from '../../types.generated.ts'
import { IMMUTABLE_MESSAGE } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateResourceQuantity } from '../validation/quantities.ts'
import type { ResourceList } from '../validation/resource-lists.ts'
import { isStandardQuotaResource, validateQuotaResourceName } from '../validation/resource-names.ts'

/** pkg/apis/core/validation/validation.go ValidateResourceQuota. */
export function* validateQuota({ metadata, spec, status }: ResourceQuota): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateSpec(spec ?? {})
  yield* validateList(status?.hard, 'status.hard')
  yield* validateList(status?.used, 'status.used')
}

/** ValidateResourceQuotaUpdate. */
export function* validateQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): Generator<Cause> {
  yield* validateObjectMetaUpdate(quota.metadata, old.metadata)
  yield* validateSpec(quota.spec ?? {})
  const scopes = new Set(quota.spec?.scopes ?? [])
  const before = new Set(old.spec?.scopes ?? [])
  if (scopes.size !== before.size || [...scopes].some((scope) => !before.has(scope))) {
    yield invalidValue('spec.scopes', quota.spec?.scopes ?? null, IMMUTABLE_MESSAGE)
  }
}

/** ValidateResourceQuotaStatusUpdate. */
export function* validateQuotaStatus({ metadata, status }: ResourceQuota, old: ResourceQuota): Generator<Cause> {
  yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateList(status?.hard, 'status.hard')
  yield* validateList(status?.used, 'status.used')
}

function* validateSpec(spec: ResourceQuotaSpec): Generator<Cause> {
  yield* validateList(spec.hard, 'spec.hard')
  yield* validateScopes(spec)
  if (spec.scopeSelector !== undefined) yield* validateScopeSelector(spec.scopeSelector, spec)
}

function* validateList(list: ResourceList | undefined, field: string): Generator<Cause> {
  for (const [name, text] of Object.entries(list ?? {})) {
    yield* validateQuotaResourceName(name, `${field}[${name}]`)
    yield* validateResourceQuantity(name, text, `${field}[${name}]`)
  }
}

const ONLY_PODS: readonly string[] = ['pods']
const POD_RESOURCES: readonly string[] = [
  'pods',
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
]
const CLAIM_RESOURCES: readonly string[] = ['persistentvolumeclaims', 'requests.storage']

/** Which resources a scope can be counted for: pkg/apis/core/helper/helpers.go IsResourceQuotaScopeValidForResource. */
const SCOPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Terminating', POD_RESOURCES],
  ['NotTerminating', POD_RESOURCES],
  ['BestEffort', ONLY_PODS],
  ['NotBestEffort', POD_RESOURCES],
  ['PriorityClass', POD_RESOURCES],
  ['CrossNamespacePodAffinity', POD_RESOURCES],
  ['VolumeAttributesClass', CLAIM_RESOURCES],
])

/** Scopes that no object is in together. */
const CONFLICTS: readonly (readonly [string, string])[] = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]

function* validateScopes({ scopes = [], hard = {} }: ResourceQuotaSpec): Generator<Cause> {
  const field = 'spec.scopes'
  for (const scope of scopes) {
    if (!SCOPES.has(scope)) yield invalidValue(field, scopes, 'unsupported scope')
    for (const _ of misplaced(scope, hard)) yield invalidValue(field, scopes, 'unsupported scope applied to resource')
  }
  for (const pair of CONFLICTS) {
    if (pair.every((scope) => scopes.includes(scope))) yield invalidValue(field, scopes, 'conflicting scopes')
  }
}

/** validateScopedResourceSelectorRequirement. */
function* validateScopeSelector(selector: ScopeSelector, { scopes, hard = {} }: ResourceQuotaSpec): Generator<Cause> {
  const field = 'spec.scopeSelector.matchExpressions'
  const { matchExpressions = [] } = selector
  for (const expression of matchExpressions) {
    const { scopeName } = expression
    if (!SCOPES.has(scopeName)) yield invalidValue(`${field}.scopeName`, scopeName, 'unsupported scope')
    for (const _ of misplaced(scopeName, hard)) {
      yield invalidValue(field, selector, 'unsupported scope applied to resource')
    }
    yield* validateOperator(expression, field)
  }
  for (const pair of CONFLICTS) {
    if (!pair.every((scope) => matchExpressions.some(({ scopeName }) => scopeName === scope))) continue
    yield invalidValue(field, scopes ?? null, 'conflicting scopes')
  }
}

const EXISTENTIAL: readonly string[] = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
]

function* validateOperator(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  field: string,
): Generator<Cause> {
  if (EXISTENTIAL.includes(scopeName) && operator !== 'Exists') {
    const names =
      'ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity'
    yield invalidValue(`${field}.operator`, operator, `must be 'Exists' when scope is any of ${names}`)
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      const rule = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      yield required(`${field}.values`, rule)
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const rule = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      yield invalidValue(`${field}.values`, values, rule)
    }
  } else yield invalidValue(`${field}.operator`, operator, 'not a valid selector operator')
}

/** The resources in `hard` that the scope cannot be counted for. */
function misplaced(scope: string, hard: ResourceList): readonly string[] {
  const countable = SCOPES.get(scope)
  if (countable === undefined) return []
  return Object.keys(hard).filter((name) => isStandardQuotaResource(name) && !countable.includes(name))
}
