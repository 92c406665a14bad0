import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported } from '../../errors.ts'
import { quantity } from '../../quantity-cache.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { compareQuantities, printQuantity } from '../../quantity.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import { validateResourceName } from '../validation/resource-names.ts'
import { validateResourceRequirements } from '../validation/resource-requirements.ts'
import type { PodContext } from './pod-context.ts'
import { aggregateContainers, isPodLevelResource } from './resources.ts'

const SUPPORTED: readonly string[] = ['cpu', 'hugepages-', 'memory']

/** pkg/apis/core/validation/validation.go validatePodResources: what a pod asks for as a whole. */
export function* validatePodResources({ spec, claimNames }: PodContext, field: string): Generator<Cause> {
  const { resources } = spec
  if (resources === undefined) return
  if (resources.claims !== undefined) {
    yield forbiddenField(`${field}.claims`, 'claims cannot be set for Resources at pod-level')
  }
  const causes = [...validateResourceRequirements(resources, field, { validateName, claimNames })]
  yield* causes
  yield* validateConsistency({ spec, field })
}

function* validateName(name: string, field: string): Generator<Cause> {
  const causes = [...validateResourceName(name, field)]
  yield* causes
  if (causes.length === 0 && !isPodLevelResource(name)) yield notSupported(field, name, SUPPORTED)
}

/** The containers together may not request more than the pod, and none may have a higher limit. */
function* validateConsistency({ spec, field }: { spec: PodContext['spec']; field: string }): Generator<Cause> {
  if (!areQuantities(spec)) return
  const { requests = {}, limits = {} } = spec.resources ?? {}
  for (const [name, sum] of aggregateContainers(spec, 'requests')) {
    const request = quantity(requests[name] ?? '0')
    if (compareQuantities(sum, request) <= 0) continue
    const rule = `must be greater than or equal to aggregate container requests of ${printQuantity(sum)}`
    yield invalidValue(`${field}.requests[${name}]`, printQuantity(request), rule)
  }
  for (const [index, container] of spec.containers.entries()) {
    for (const [name, text] of Object.entries(container.resources?.limits ?? {})) {
      const limit = limits[name]
      if (limit === undefined || compareQuantities(quantity(text), quantity(limit)) <= 0) continue
      const rule = `must be less than or equal to pod limits of ${printQuantity(quantity(limit))}`
      yield invalidValue(`${field}.containers[${index}][${name}].limits`, printQuantity(quantity(text)), rule)
    }
  }
}

/** Texts that are no quantities have been named already; nothing can be compared then. */
function areQuantities(spec: PodContext['spec']): boolean {
  const parts = [spec, ...spec.containers, ...(spec.initContainers ?? [])]
  return parts
    .flatMap(({ resources }) => [resources?.requests, resources?.limits])
    .every((list) => Object.values(list ?? {}).every((text) => !(readQuantity(text) instanceof QuantityError)))
}
