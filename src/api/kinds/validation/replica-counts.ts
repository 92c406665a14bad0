import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { validateNonNegative } from './numbers.ts'

/** What the controllers of replicas report. */
export interface ReplicaCounts {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly observedGeneration?: number
}

const COUNTS = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const
const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const

/** pkg/apis/core/validation/validation.go ValidateReplicationControllerStatus; replica sets have the same rules. */
export function* validateReplicaCounts(status: ReplicaCounts, field: string): Generator<Cause> {
  for (const name of COUNTS) yield* validateNonNegative(status[name], `${field}.${name}`)
  const { replicas, readyReplicas = 0, availableReplicas = 0 } = status
  for (const name of PARTS) {
    const count = status[name] ?? 0
    if (count > replicas) yield invalidValue(`${field}.${name}`, count, 'cannot be greater than status.replicas')
  }
  if (availableReplicas > readyReplicas) {
    yield invalidValue(`${field}.availableReplicas`, availableReplicas, 'cannot be greater than readyReplicas')
  }
}
