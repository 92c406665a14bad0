import type { Cause } from '../../errors.ts'
import { duplicate, required } from '../../errors.ts'
import type { FlowSchemaCondition, PriorityLevelConfigurationCondition } from '../../types.generated.ts'

/** pkg/apis/flowcontrol/validation/validation.go ValidateFlowSchemaStatus, the same for priority levels. */
export function* validateFlowConditions(
  conditions: readonly (FlowSchemaCondition | PriorityLevelConfigurationCondition)[],
): Generator<Cause> {
  const types = new Set<string>()
  for (const [index, { type = '' }] of conditions.entries()) {
    const field = `status.conditions[${index}].type`
    if (types.has(type)) yield duplicate(field, type)
    types.add(type)
    if (type === '') yield required(field, 'must not be empty')
  }
}
