import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column, Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration as PriorityLevelConfigurationObject,
  QueuingConfiguration,
} from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { validateFlowConditions } from './flow-conditions.ts'
import { validatePriorityLevel } from './validate-priority-level.ts'

export type PriorityLevelConfiguration = PriorityLevelConfigurationObject

/** pkg/apis/flowcontrol/v1/defaults.go. */
const SHARES_DEFAULT = 30
const HAND_SIZE_DEFAULT = 8
const QUEUES_DEFAULT = 64
const QUEUE_LENGTH_DEFAULT = 50

/** pkg/printers/internalversion/printers.go printPriorityLevelConfiguration. */
const COLUMNS: readonly Column<PriorityLevelConfiguration>[] = [
  nameColumn(),
  {
    name: 'Type',
    type: 'string',
    description: 'Whether requests of this level are limited.',
    cell: ({ spec }) => spec.type,
  },
  {
    name: 'NominalConcurrencyShares',
    type: 'string',
    description: "This level's part of the requests that the server handles at a time.",
    cell: ({ spec: { limited } }) => (limited === undefined ? NONE : (limited.nominalConcurrencyShares ?? 0)),
  },
  {
    name: 'Queues',
    type: 'string',
    description: 'How many queues requests wait in.',
    cell: (level) => queuingOf(level)?.queues ?? NONE,
  },
  {
    name: 'HandSize',
    type: 'string',
    description: 'How many of the queues one flow may use.',
    cell: (level) => queuingOf(level)?.handSize ?? NONE,
  },
  {
    name: 'QueueLengthLimit',
    type: 'string',
    description: 'How many requests wait in a queue at most.',
    cell: (level) => queuingOf(level)?.queueLengthLimit ?? NONE,
  },
  ageColumn(),
]

export const PriorityLevelConfiguration: Kind<PriorityLevelConfiguration> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration'),

  default: withDefaults,
  prepareForCreate: (level) => ({ ...level, status: {} }),
  prepareForUpdate: keepStatus,
  validate: validatePriorityLevel,
  statusKeeps: 'metadata',
  validateStatus: ({ status }) => validateFlowConditions(status?.conditions ?? []),
  columns: COLUMNS,
}

function queuingOf({ spec }: PriorityLevelConfiguration): QueuingConfiguration | undefined {
  return spec.limited?.limitResponse?.queuing
}

function withDefaults(level: PriorityLevelConfiguration): PriorityLevelConfiguration {
  const { exempt, limited } = level.spec
  const spec = changed(level.spec, {
    exempt:
      exempt === undefined
        ? undefined
        : changed(exempt, {
            nominalConcurrencyShares: exempt.nominalConcurrencyShares ?? 0,
            lendablePercent: exempt.lendablePercent ?? 0,
          }),
    limited: limited === undefined ? undefined : defaultLimited(limited),
  })
  return changed(level, { spec })
}

function defaultLimited(limited: LimitedPriorityLevelConfiguration): LimitedPriorityLevelConfiguration {
  const { nominalConcurrencyShares = SHARES_DEFAULT, lendablePercent = 0, limitResponse } = limited
  return changed(limited, {
    nominalConcurrencyShares,
    lendablePercent,
    limitResponse: limitResponse === undefined ? undefined : defaultResponse(limitResponse),
  })
}

/** Go sends zeros for what was not set. */
function defaultResponse(response: LimitResponse): LimitResponse {
  const { queuing } = response
  if (queuing === undefined) return response
  const { handSize = 0, queues = 0, queueLengthLimit = 0 } = queuing
  return changed(response, {
    queuing: changed(queuing, {
      handSize: handSize === 0 ? HAND_SIZE_DEFAULT : handSize,
      queues: queues === 0 ? QUEUES_DEFAULT : queues,
      queueLengthLimit: queueLengthLimit === 0 ? QUEUE_LENGTH_DEFAULT : queueLengthLimit,
    }),
  })
}
