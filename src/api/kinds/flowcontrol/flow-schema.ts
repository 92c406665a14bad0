import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import type { Column, Kind } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { FlowSchema as FlowSchemaObject } from '../../types.generated.ts'
import { goForm } from '../strategy/go-form.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateFlowConditions } from './flow-conditions.ts'
import { EXEMPT, MANDATORY_FLOW_SCHEMAS } from './mandatory-objects.ts'
import { validateFlowRule } from './validate-flow-rules.ts'

export type FlowSchema = FlowSchemaObject

const PRECEDENCE_DEFAULT = 1000
const PRECEDENCE_MAX = 10_000
const DISTINGUISHER_METHODS: readonly string[] = ['ByNamespace', 'ByUser']

/** pkg/printers/internalversion/printers.go printFlowSchema. */
const COLUMNS: readonly Column<FlowSchema>[] = [
  nameColumn(),
  {
    name: 'PriorityLevel',
    type: 'string',
    description: 'Where the requests that match are handled.',
    cell: ({ spec }) => spec.priorityLevelConfiguration.name,
  },
  {
    name: 'MatchingPrecedence',
    type: 'string',
    description: 'Of the schemas that match a request, the one with the smallest number has it.',
    cell: ({ spec }) => spec.matchingPrecedence ?? 0,
  },
  {
    name: 'DistinguisherMethod',
    type: 'string',
    description: 'What makes two requests part of the same flow.',
    cell: ({ spec }) => spec.distinguisherMethod?.type ?? NONE,
  },
  ageColumn(),
  {
    name: 'MissingPL',
    type: 'string',
    description: 'Whether the priority level does not exist.',
    cell: ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  },
]

export const FlowSchema: Kind<FlowSchema> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.flowcontrol.v1.FlowSchema'),

  // pkg/apis/flowcontrol/v1/defaults.go. Go sends a zero for what was not set.
  default: (schema) =>
    (schema.spec.matchingPrecedence ?? 0) === 0
      ? changed(schema, { spec: { ...schema.spec, matchingPrecedence: PRECEDENCE_DEFAULT } })
      : schema,
  prepareForCreate: (schema) => ({ ...schema, status: {} }),
  prepareForUpdate: keepStatus,
  validate,
  statusKeeps: 'metadata',
  validateStatus: ({ status }) => validateFlowConditions(status?.conditions ?? []),
  columns: COLUMNS,
}

/** pkg/apis/flowcontrol/validation/validation.go ValidateFlowSchema: an update must satisfy what a creation must. */
function* validate({ metadata, spec, status }: FlowSchema): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  yield* validateSpec(metadata.name, spec)
  const fixed = MANDATORY_FLOW_SCHEMAS.get(metadata.name)
  if (fixed !== undefined && !semanticEqual(fixed, spec)) {
    yield invalidValue('spec', goForm(spec), `spec of '${metadata.name}' must equal the fixed value`)
  }
  yield* validateFlowConditions(status?.conditions ?? [])
}

function* validateSpec(name: string, spec: FlowSchema['spec']): Generator<Cause> {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec
  if (precedence <= 0) yield invalidValue('spec.matchingPrecedence', precedence, 'must be a positive value')
  if (precedence > PRECEDENCE_MAX) {
    yield invalidValue('spec.matchingPrecedence', precedence, `must not be greater than ${PRECEDENCE_MAX}`)
  }
  if (precedence === 1 && name !== EXEMPT) {
    const rule = `only the schema named '${EXEMPT}' may have matchingPrecedence 1`
    yield invalidValue('spec.matchingPrecedence', precedence, rule)
  }
  if (distinguisherMethod !== undefined && !DISTINGUISHER_METHODS.includes(distinguisherMethod.type)) {
    yield notSupported('spec.distinguisherMethod.type', goForm(distinguisherMethod), DISTINGUISHER_METHODS)
  }
  const { name: level = '' } = unchecked(spec).priorityLevelConfiguration ?? {}
  const field = 'spec.priorityLevelConfiguration.name'
  if (level === '') yield required(field, 'must reference a priority level')
  else yield* invalidFor(field, level, nameIsDnsSubdomain(level))
  for (const [index, rule] of rules.entries()) yield* validateFlowRule(rule, `spec.rules[${index}]`)
}
