import { type Cause, invalidValue } from '../../errors.ts'
import { nameIsDnsSubdomain, type ObjectNameRule } from '../../names/object-names.ts'
import type { CustomResourceDefinition } from '../../types.generated.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateApproval } from './approval.ts'
import { type DefinitionRules, RULES_FOR_NEW, rulesForUpdate } from './definition-rules.ts'
import { type InternalDefinition, internalForm, type InternalStatus, type InternalVersion } from './internal-form.ts'
import { validateNames } from './validate-names.ts'
import { validateSpec } from './validate-spec.ts'

/** What is wrong with a definition, in the words and with the paths of k8s.io/apiextensions-apiserver. */
export function validateDefinition(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): Iterable<Cause> {
  if (old === undefined) return validateNewDefinition(internalForm(definition))
  return validateDefinitionUpdate(internalForm(definition), internalForm(old))
}

export function* validateNewDefinition(definition: InternalDefinition): Generator<Cause> {
  const { metadata, spec } = definition
  const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
  const name: ObjectNameRule = (given, options) => [
    ...nameIsDnsSubdomain(given, options),
    ...(given === wanted ? [] : ['must be spec.names.plural+"."+spec.group']),
  ]
  yield* validateObjectMeta(metadata, { namespaced: false, name, allowAnyFinalizer: true })
  yield* validateSpec(spec, RULES_FOR_NEW)
  yield* validateRest(definition)
}

export function* validateDefinitionUpdate(definition: InternalDefinition, old: InternalDefinition): Generator<Cause> {
  const rules = rulesForUpdate(definition, old)
  yield* validateObjectMetaUpdate(definition.metadata, old.metadata, 'metadata', { allowAnyFinalizer: true })
  yield* validateSpec(definition.spec, rules)
  yield* validateUnchanged(definition, old, rules)
  yield* validateRest(definition, old)
}

/** A write to the status of a definition. */
export function* validateDefinitionStatus(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): Generator<Cause> {
  yield* validateObjectMetaUpdate(definition.metadata, old.metadata, 'metadata', { allowAnyFinalizer: true })
  yield* validateNames(definition.status?.acceptedNames ?? {}, 'status.acceptedNames')
}

/** What objects are stored by cannot change. */
function* validateUnchanged(
  { spec }: InternalDefinition,
  { spec: old }: InternalDefinition,
  { immutableNames }: DefinitionRules,
): Generator<Cause> {
  if (immutableNames) {
    yield* validateImmutable(spec.scope ?? '', old.scope ?? '', 'spec.scope')
    yield* validateImmutable(spec.names?.kind ?? '', old.names?.kind ?? '', 'spec.names.kind')
  }
  yield* validateImmutable(spec.group ?? '', old.group ?? '', 'spec.group')
  yield* validateImmutable(spec.names?.plural ?? '', old.names?.plural ?? '', 'spec.names.plural')
}

function* validateRest(definition: InternalDefinition, old?: InternalDefinition): Generator<Cause> {
  const { spec, status = {} } = definition
  yield* validateNames(status.acceptedNames ?? {}, 'status.acceptedNames')
  yield* validateStoredVersions(status, spec.versions ?? [])
  yield* validateApproval(definition, old)
  if (old?.spec.preserveUnknownFields === true || spec.preserveUnknownFields !== true) return
  const rule = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  yield invalidValue('spec.preserveUnknownFields', true, rule)
}

export function* validateStoredVersions(
  { storedVersions = [] }: InternalStatus,
  versions: readonly InternalVersion[],
): Generator<Cause> {
  const field = 'status.storedVersions'
  if (storedVersions.length === 0) {
    yield invalidValue(field, storedVersions, 'must have at least one stored version')
    return
  }
  for (const { name = '', storage = false } of versions) {
    if (storage && !storedVersions.includes(name)) {
      yield invalidValue(field, storedVersions, `must have the storage version ${name}`)
    }
  }
  for (const [index, stored] of storedVersions.entries()) {
    if (versions.some(({ name }) => name === stored) || storedVersions.lastIndexOf(stored) > index) continue
    const rule = `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions`
    const until = `until a storage migration ensures no data remains persisted in ${stored}`
    yield invalidValue(
      `${field}[${index}]`,
      stored,
      `${rule} ${until} and removes ${stored} from status.storedVersions`,
    )
  }
}
