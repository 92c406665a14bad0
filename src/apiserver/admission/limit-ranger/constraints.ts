import { aggregateContainers, isPodLevelResource, type Quantities } from '../../../api/kinds/pod-spec/resources.ts'
import { quantity } from '../../../api/quantity-cache.ts'
import { printQuantity, type Quantity, scaledValueOf } from '../../../api/quantity.ts'
import type {
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  PodSpec,
  ResourceRequirements,
} from '../../../api/types.generated.ts'

/** What one container, pod or claim asks for. */
interface Asked {
  readonly requests: Quantities
  readonly limits: Quantities
}

type Rule = (
  limit: { readonly type: string; readonly name: string; readonly enforced: Quantity },
  asked: Asked,
) => string | undefined

/** In which ways a pod breaks a LimitRange (k8s.io/kubernetes plugin/pkg/admission/limitranger PodValidateLimitFunc). */
export function podProblems(spec: PodSpec, range: LimitRange): readonly string[] {
  return range.spec.limits.flatMap((item) => {
    if (item.type === 'Container') {
      const containers = [...spec.containers, ...(spec.initContainers ?? [])]
      return containers.flatMap(({ resources }) => itemProblems(item, askedBy(resources)))
    }
    if (item.type !== 'Pod') return []
    return itemProblems(item, { requests: podWide(spec, 'requests'), limits: podWide(spec, 'limits') })
  })
}

/** In which ways a claim breaks a LimitRange; only what it requests counts. */
export function claimProblems({ spec }: PersistentVolumeClaim, range: LimitRange): readonly string[] {
  const asked = { requests: quantities(spec.resources?.requests), limits: new Map() }
  return range.spec.limits.flatMap((item) => {
    if (item.type !== 'PersistentVolumeClaim') return []
    return [
      ...problems(item, item.min, { rule: minimum, asked }),
      ...problems(item, item.max, { rule: maximumRequest, asked }),
    ]
  })
}

function itemProblems(item: LimitRangeItem, asked: Asked): readonly string[] {
  return [
    ...problems(item, item.min, { rule: minimum, asked }),
    ...problems(item, item.max, { rule: maximum, asked }),
    ...problems(item, item.maxLimitRequestRatio, { rule: ratio, asked }),
  ]
}

function problems(
  { type }: LimitRangeItem,
  list: Readonly<Record<string, string>> | undefined,
  { rule, asked }: { rule: Rule; asked: Asked },
): readonly string[] {
  const names = Object.keys(list ?? {}).toSorted()
  return names.flatMap((name) => rule({ type, name, enforced: quantity(list?.[name] ?? '0') }, asked) ?? [])
}

const minimum: Rule = ({ type, name, enforced }, asked) => {
  const request = asked.requests.get(name)
  const limit = asked.limits.get(name)
  const what = `minimum ${name} usage per ${type} is ${printQuantity(enforced)}`
  if (request === undefined) return `${what}.  No request is specified`
  if (isLess(request, enforced)) return `${what}, but request is ${printQuantity(request)}`
  if (limit !== undefined && isLess(limit, enforced)) return `${what}, but limit is ${printQuantity(limit)}`
  return undefined
}

const maximum: Rule = ({ type, name, enforced }, asked) => {
  const request = asked.requests.get(name)
  const limit = asked.limits.get(name)
  const what = `maximum ${name} usage per ${type} is ${printQuantity(enforced)}`
  if (limit === undefined) return `${what}.  No limit is specified`
  if (isLess(enforced, limit)) return `${what}, but limit is ${printQuantity(limit)}`
  if (request !== undefined && isLess(enforced, request)) return `${what}, but request is ${printQuantity(request)}`
  return undefined
}

const maximumRequest: Rule = ({ type, name, enforced }, asked) => {
  const request = asked.requests.get(name)
  const what = `maximum ${name} usage per ${type} is ${printQuantity(enforced)}`
  if (request === undefined) return `${what}.  No request is specified`
  return isLess(enforced, request) ? `${what}, but request is ${printQuantity(request)}` : undefined
}

const ratio: Rule = ({ type, name, enforced }, asked) => {
  const request = milli(asked.requests.get(name))
  const limit = milli(asked.limits.get(name))
  const what = `${name} max limit to request ratio per ${type} is ${printQuantity(enforced)}`
  if (request === 0n) return `${what}, but no request is specified or request is 0`
  if (limit === 0n) return `${what}, but no limit is specified or limit is 0`
  const observed = Number(limit) / Number(request)
  return observed * 1_000 > Number(milli(enforced))
    ? `${what}, but provided ratio is ${observed.toFixed(6)}`
    : undefined
}

function isLess(a: Quantity, b: Quantity): boolean {
  return milli(a) < milli(b)
}

function milli(value: Quantity | undefined): bigint {
  return value === undefined ? 0n : scaledValueOf(value, -3)
}

function askedBy(resources: ResourceRequirements | undefined): Asked {
  return { requests: quantities(resources?.requests), limits: quantities(resources?.limits) }
}

/** All containers together, or what the pod itself says. */
function podWide(spec: PodSpec, which: 'requests' | 'limits'): Quantities {
  const total = new Map(aggregateContainers(spec, which))
  for (const [name, value] of quantities(spec.resources?.[which])) if (isPodLevelResource(name)) total.set(name, value)
  return total
}

function quantities(list: Readonly<Record<string, string>> | undefined): Quantities {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, quantity(text)]))
}
