import { forbidden } from '../../../api/errors.ts'
import { inScope } from '../../../api/quota/evaluator.ts'
import type { QuotaEvaluator } from '../../../api/quota/quota-evaluator.ts'
import { addUsage, growth, onlyNames, printUsage, type Usage, usageOf, withoutZeros } from '../../../api/quota/usage.ts'
import { compareQuantities, signOfQuantity } from '../../../api/quantity.ts'
import type { ResourceQuota } from '../../../api/types.generated.ts'
import type { AdmissionRequest } from '../admission.ts'

/** A quota with what its status says is used, and what was granted since. */
export interface RunningQuota {
  readonly quota: ResourceQuota
  readonly used: Usage
}

/**
 * The quotas as they are once the write is done, the same references where nothing changes. Throws 403 when a quota
 * does not allow it (k8s.io/apiserver pkg/admission/plugin/resourcequota/controller.go CheckRequest).
 */
export function checkWrite(
  quotas: readonly RunningQuota[],
  write: AdmissionRequest,
  { evaluator, nowMs }: { evaluator: QuotaEvaluator; nowMs: number },
): readonly RunningQuota[] {
  const { object, old, operation } = write
  if (object === undefined || !evaluator.handles(write)) return quotas
  const concerned = quotas.filter(({ quota }) => concerns(quota, write, evaluator))
  if (concerned.length === 0) return quotas
  const usage = evaluator.usage(object, nowMs)
  const negative = [...usage].filter(([, value]) => signOfQuantity(value) < 0).map(([name]) => name)
  if (negative.length > 0) {
    throw refused(write, `quota usage is negative for resource(s): ${negative.toSorted().join(',')}`)
  }
  const before = operation === 'UPDATE' && old !== undefined ? evaluator.usage(old, nowMs) : undefined
  return quotas.map((running) => {
    if (!concerned.includes(running)) return running
    const wasCounted = before !== undefined && old !== undefined && inScope(running.quota, old, evaluator)
    const delta = wasCounted ? growth(usage, before) : withoutZeros(usage)
    return delta.size === 0 ? running : charge(running, delta, write)
  })
}

/** Whether a quota limits what is written. Refuses what a quota cannot judge. */
function concerns(quota: ResourceQuota, write: AdmissionRequest, evaluator: QuotaEvaluator): boolean {
  const { object } = write
  if (object === undefined) return false
  const names = Object.keys(quota.status?.hard ?? {}).filter((name) => evaluator.measures(name))
  if (names.length === 0 || !inScope(quota, object, evaluator)) return false
  const { name } = quota.metadata
  const missing = evaluator.missing?.(names, object)
  if (missing !== undefined) throw refused(write, `failed quota: ${name}: ${missing}`)
  if (names.some((one) => quota.status?.used?.[one] === undefined)) {
    throw refused(write, `status unknown for quota: ${name}, resources: ${names.toSorted().join(',')}`)
  }
  return true
}

function charge({ quota, used }: RunningQuota, delta: Usage, write: AdmissionRequest): RunningQuota {
  const hard = usageOf(quota.status?.hard)
  const requested = onlyNames(delta, (name) => hard.has(name))
  const charged = addUsage(used, requested)
  if (write.subresource === 'status') return { quota, used: charged }
  const isExceeded = (name: string): boolean => {
    const limit = hard.get(name)
    const sum = charged.get(name)
    return limit !== undefined && sum !== undefined && compareQuantities(sum, limit) > 0
  }
  const exceeded = onlyNames(requested, isExceeded)
  if (exceeded.size === 0) return { quota, used: charged }
  const [usedNow, limits] = [used, hard].map((list) => printUsage(onlyNames(list, (name) => exceeded.has(name))))
  const { name } = quota.metadata
  throw refused(
    write,
    `exceeded quota: ${name}, requested: ${printUsage(exceeded)}, used: ${usedNow ?? ''}, limited: ${limits ?? ''}`,
  )
}

function refused({ kind, name }: AdmissionRequest, why: string): Error {
  return forbidden({ group: kind.group, resource: kind.plural }, name, why)
}
