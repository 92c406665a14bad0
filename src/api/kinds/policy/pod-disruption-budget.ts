import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { IntOrString } from '../../int-or-string.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PodDisruptionBudget as PodDisruptionBudgetObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { validatePodDisruptionBudget, validatePodDisruptionBudgetStatus } from './validate-pod-disruption-budget.ts'

export type PodDisruptionBudget = PodDisruptionBudgetObject

const INITIAL_STATUS = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }

export const PodDisruptionBudget: Kind<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  namespaced: true,
  shortNames: ['pdb'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.policy.v1.PodDisruptionBudget'),

  prepareForCreate: (budget) => ({ ...budget, status: INITIAL_STATUS }),
  prepareForUpdate: keepStatus,
  validate: validatePodDisruptionBudget,
  validateStatus: validatePodDisruptionBudgetStatus,
  columns: [
    nameColumn(),
    {
      name: 'Min Available',
      type: 'string',
      description: 'The minimum number of pods that must be available.',
      cell: ({ spec }) => printAmount(spec.minAvailable),
    },
    {
      name: 'Max Unavailable',
      type: 'string',
      description: 'The maximum number of pods that may be unavailable.',
      cell: ({ spec }) => printAmount(spec.maxUnavailable),
    },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Calculated number of pods that may be disrupted at this time.',
      cell: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn(),
  ],
}

function printAmount(amount: IntOrString | undefined): string {
  return amount === undefined ? 'N/A' : String(amount)
}
