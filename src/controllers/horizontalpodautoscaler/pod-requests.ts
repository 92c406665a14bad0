import { quantityMilli } from '../../api/quantity-cache.ts'
import type { Container, Pod } from '../../api/types.generated.ts'

/** What is wrong with a target's pods or metrics: it ends up in the autoscaler's condition, in upstream's words. */
export class CalculationError extends Error {
  override readonly name = 'CalculationError'
}

/**
 * What each pod requests of a resource, in thousandths; of one container only, if named. Requests of the pod as a whole
 * stand for those of its containers (replica_calculator.go calculateRequests).
 */
export function requestsOf(
  pods: readonly Pod[],
  { resource, container }: { readonly resource: string; readonly container?: string },
): ReadonlyMap<string, bigint> {
  const requests = new Map<string, bigint>()
  for (const pod of pods) {
    const whole = container === undefined ? pod.spec?.resources?.requests?.[resource] : undefined
    const milli = whole === undefined ? containersRequest(pod, { resource, container }) : quantityMilli(whole)
    requests.set(pod.metadata.name, BigInt(milli))
  }
  return requests
}

function containersRequest(
  { metadata, spec }: Pod,
  { resource, container }: { readonly resource: string; readonly container: string | undefined },
): number {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const counted = [...(spec?.containers ?? []), ...sidecars].filter(
    ({ name }) => container === undefined || name === container,
  )
  if (container !== undefined && counted.length === 0) {
    throw new CalculationError(`container ${container} not found in Pod ${metadata.name}`)
  }
  return counted.reduce((sum, one) => sum + containerRequest(one, { resource, pod: metadata.name }), 0)
}

function containerRequest(container: Container, { resource, pod }: { resource: string; pod: string }): number {
  const request = container.resources?.requests?.[resource]
  if (request === undefined) {
    throw new CalculationError(`missing request for ${resource} in container ${container.name} of Pod ${pod}`)
  }
  return quantityMilli(request)
}
