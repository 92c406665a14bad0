import { quantityMilli } from '../../api/quantity-cache.ts'
import type { Container, PodSpec, ResourceRequirements } from '../../api/types.generated.ts'

/** Which of the two resources decide a pod's quality of service. */
const COUNTED = ['cpu', 'memory'] as const

/** The pod's quality of service. After kubernetes/kubernetes pkg/apis/core/v1/helper/qos/qos.go: ComputePodQOS. */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const podLevel = spec.resources
  if (podLevel !== undefined) return classOf([podLevel])
  const containers: readonly Container[] = [...spec.containers, ...(spec.initContainers ?? [])]
  return classOf(containers.map(({ resources }) => resources ?? {}))
}

function classOf(requirements: readonly ResourceRequirements[]): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const asksNothing = requirements.every((one) =>
    COUNTED.every((name) => isZero(one.requests?.[name]) && isZero(one.limits?.[name])),
  )
  if (asksNothing) return 'BestEffort'
  const isGuaranteed = requirements.every((one) =>
    COUNTED.every((name) => {
      const limit = one.limits?.[name]
      const request = one.requests?.[name]
      return !isZero(limit) && (request === undefined || quantityMilli(request) === quantityMilli(limit ?? 0))
    }),
  )
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

function isZero(quantity: string | undefined): boolean {
  return quantity === undefined || quantityMilli(quantity) === 0
}
