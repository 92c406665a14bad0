import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../types.generated.ts'
import { changed } from '../../../base/copy-on-write.ts'
import { type Cause, invalidValue } from '../../errors.ts'
import { sameJson } from '../../schema/json.ts'
import { validateStructural } from '../../schema/structural.ts'
import { approvalOf } from './approval.ts'
import { NO_STATUS } from './default-definition.ts'
import { structureOf, unreadable } from './schema-search.ts'
import { caBundleProblem } from './validate-conversion.ts'

/** A definition waits for this finalizer until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

/** On definitions that came with the platform, which were checked when they were written. */
export const INSTALLED_ANNOTATION = 'dabba.dev/installed'

type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>

const NAMES_ACCEPTED: Condition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
}
const ESTABLISHED: Condition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
}

/**
 * What the status of a definition is to say: which names are its own among the definitions of its group, and whether its
 * objects are served. `now` is the time of what changes, in RFC 3339. The same status when nothing does. After
 * k8s.io/apiextensions-apiserver pkg/controller/{status,establish,nonstructuralschema,apiapproval}.
 */
export function definitionStatus(
  definition: CustomResourceDefinition,
  group: readonly CustomResourceDefinition[],
  now: string,
): CustomResourceDefinitionStatus {
  const { status = NO_STATUS } = definition
  const { names, condition } = acceptNames(definition, group)
  const wanted = [
    condition,
    established(definition, condition.status === 'True'),
    nonStructural(definition),
    approved(definition),
  ]
  let conditions = status.conditions ?? []
  for (const one of wanted) if (one !== undefined) conditions = withCondition(conditions, one, now)
  if (wanted[2] === undefined) conditions = withoutCondition(conditions, 'NonStructuralSchema')
  const acceptedNames = sameJson(names, status.acceptedNames) ? status.acceptedNames : names
  return changed(status, { acceptedNames, conditions })
}

/** The status of a definition that is known to be right, and the only one of its names: that of a bundled one. */
export function servedStatus({ spec, status }: CustomResourceDefinition, now: string): CustomResourceDefinitionStatus {
  const conditions = [NAMES_ACCEPTED, ESTABLISHED].map((condition) => ({ ...condition, lastTransitionTime: now }))
  const storage = spec.versions.find((version) => version.storage)
  return {
    acceptedNames: spec.names,
    conditions,
    storedVersions: status?.storedVersions ?? (storage === undefined ? [] : [storage.name]),
  }
}

/** The same list when the condition says nothing new. The time tells when its status changed, not its words. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  condition: Condition,
  now: string,
): readonly CustomResourceDefinitionCondition[] {
  const old = conditions.find(({ type }) => type === condition.type)
  if (old === undefined) return [...conditions, { ...condition, lastTransitionTime: now }]
  const isSame = old.status === condition.status && old.reason === condition.reason && old.message === condition.message
  if (isSame) return conditions
  const lastTransitionTime = old.status === condition.status ? (old.lastTransitionTime ?? now) : now
  return conditions.map((one) => (one === old ? { ...condition, lastTransitionTime } : one))
}

function withoutCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  type: string,
): readonly CustomResourceDefinitionCondition[] {
  return conditions.some((one) => one.type === type) ? conditions.filter((one) => one.type !== type) : conditions
}

export function isTrue({ status }: CustomResourceDefinition, type: string): boolean {
  return status?.conditions?.find((condition) => condition.type === type)?.status === 'True'
}

/** A name goes to the definition that asked for it first. */
function acceptNames(
  { metadata, spec, status }: CustomResourceDefinition,
  group: readonly CustomResourceDefinition[],
): { readonly names: CustomResourceDefinitionNames; readonly condition: Condition } {
  const accepted: Partial<CustomResourceDefinitionNames> = status?.acceptedNames ?? {}
  const others = group.filter((other) => other.metadata.name !== metadata.name && other.spec.group === spec.group)
  const taken = others.flatMap((other) => other.status?.acceptedNames ?? [])
  const resources = new Set(taken.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]))
  const kinds = new Set(taken.flatMap(({ kind, listKind }) => [kind, listKind]))
  const conflicts: { readonly reason: string; readonly message: string }[] = []
  const names: Record<string, unknown> = { ...accepted }
  const accept = (name: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string | undefined>): void => {
    const wanted = spec.names[name] ?? ''
    if (wanted === (accepted[name] ?? '') || !used.has(wanted)) names[name] = spec.names[name]
    else conflicts.push({ reason: `${name.charAt(0).toUpperCase()}${name.slice(1)}Conflict`, message: inUse(wanted) })
  }
  accept('plural', resources)
  accept('singular', resources)
  const ownShortNames = accepted.shortNames ?? []
  const lost = (spec.names.shortNames ?? []).filter((name) => !ownShortNames.includes(name) && resources.has(name))
  if (lost.length === 0) names['shortNames'] = spec.names.shortNames
  else conflicts.push({ reason: 'ShortNamesConflict', message: aggregate(lost.map(inUse)) })
  accept('kind', kinds)
  accept('listKind', kinds)
  names['categories'] = spec.names.categories
  const given = Object.entries(names).filter(([, value]) => value !== undefined)
  // Upstream reports the last conflict that it finds.
  const problem = conflicts.at(-1)
  return {
    names: { kind: '', plural: '', ...Object.fromEntries(given) },
    condition: problem === undefined ? NAMES_ACCEPTED : { type: 'NamesAccepted', status: 'False', ...problem },
  }
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`
}

function aggregate(messages: readonly string[]): string {
  return messages.length === 1 ? messages.join() : `[${messages.join(', ')}]`
}

/** Once established, a definition stays so. */
function established(definition: CustomResourceDefinition, namesAccepted: boolean): Condition | undefined {
  if (isTrue(definition, 'Established')) return undefined
  const caBundle = definition.spec.conversion?.webhook?.clientConfig?.caBundle ?? ''
  const refused = (reason: string, message: string): Condition => {
    return { type: 'Established', status: 'False', reason, message }
  }
  if (!namesAccepted) return refused('NotAccepted', 'not all names are accepted')
  if (caBundle !== '' && caBundleProblem(caBundle) !== undefined) {
    return refused('InvalidCABundle', 'The conversion webhook CABundle is invalid')
  }
  return ESTABLISHED
}

function nonStructural({ spec }: CustomResourceDefinition): Condition | undefined {
  const causes: Cause[] = []
  if (spec.preserveUnknownFields === true) {
    causes.push(invalidValue('spec.preserveUnknownFields', true, 'must be false'))
  }
  for (const [index, { name, schema }] of spec.versions.entries()) {
    if (schema?.openAPIV3Schema === undefined) continue
    const reason = unreadable(schema.openAPIV3Schema)
    if (reason !== undefined) {
      const message = `failed to check validation schema for version ${name}: ${reason}`
      return { type: 'NonStructuralSchema', status: 'Unknown', reason: 'StructuralError', message }
    }
    const path = `spec.versions[${index}].schema.openAPIV3Schema`
    causes.push(...validateStructural(structureOf(schema.openAPIV3Schema), path))
  }
  if (causes.length === 0) return undefined
  const message = aggregate(causes.map((cause) => `${cause.field}: ${cause.message}`))
  return { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message }
}

const APPROVAL_REASONS = {
  Approved: 'ApprovedAnnotation',
  Bypassed: 'UnapprovedAnnotation',
  Invalid: 'InvalidAnnotation',
  Missing: 'MissingAnnotation',
}

function approved({ spec, metadata }: CustomResourceDefinition): Condition | undefined {
  const approval = approvalOf(spec.group, metadata.annotations)
  if (approval === undefined) return undefined
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: approval.state === 'Approved' ? 'True' : 'False',
    reason: APPROVAL_REASONS[approval.state],
    message: approval.reason,
  }
}
