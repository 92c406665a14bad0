import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { forbiddenField } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PriorityClass as PriorityClassObject } from '../../types.generated.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

export type PriorityClass = PriorityClassObject

/** pkg/apis/scheduling/types.go: what is above belongs to the system. */
const USER_PRIORITY_MAX = 1_000_000_000
const SYSTEM_PREFIX = 'system-'
/** pkg/apis/scheduling/v1/helpers.go. */
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
])
const PREEMPTION_POLICIES: readonly string[] = ['PreemptLowerPriority', 'Never']

export const PriorityClass: Kind<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  namespaced: false,
  shortNames: ['pc'],
  schema: () => builtinSchema('io.k8s.api.scheduling.v1.PriorityClass'),

  // pkg/apis/scheduling/v1/defaults.go SetDefaults_PriorityClass.
  default: (one) => changed(one, { preemptionPolicy: one.preemptionPolicy ?? 'PreemptLowerPriority' }),
  validate,
  columns: [
    nameColumn(),
    {
      name: 'Value',
      type: 'integer',
      description: 'The priority that pods of this class get.',
      cell: ({ value }) => value ?? 0,
    },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether pods without a class are of this one.',
      cell: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn(),
    {
      name: 'PreemptionPolicy',
      type: 'string',
      description: 'Whether pods of this class push others away.',
      cell: ({ preemptionPolicy }) => preemptionPolicy ?? '',
    },
  ],
}

/** pkg/apis/scheduling/validation/validation.go ValidatePriorityClass and ValidatePriorityClassUpdate. */
function* validate(priorityClass: PriorityClass, old?: PriorityClass): Generator<Cause> {
  const { metadata, value = 0, preemptionPolicy } = priorityClass
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    if (value !== (old.value ?? 0)) yield forbiddenField('value', 'may not be changed in an update.')
    yield* validateImmutable(preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy')
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  if (metadata.name.startsWith(SYSTEM_PREFIX)) {
    const problem = problemOfSystemClass(priorityClass)
    if (problem !== undefined) {
      const rule = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`
      yield forbiddenField('metadata.name', rule)
    }
  } else if (value > USER_PRIORITY_MAX) {
    yield forbiddenField('value', `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`)
  }
  if (preemptionPolicy !== undefined) yield* validateChoice(preemptionPolicy, 'preemptionPolicy', PREEMPTION_POLICIES)
}

function problemOfSystemClass({ metadata: { name }, value, globalDefault }: PriorityClass): string | undefined {
  const expected = SYSTEM_CLASSES.get(name)
  if (expected === undefined) return `${name} is not a known system priority class`
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`
  return globalDefault === true ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
