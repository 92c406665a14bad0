import { deepEqual } from '../../base/equal.ts'
import type { ApiObject } from '../object.ts'
import { qosClassOf } from '../kinds/pod-spec/qos.ts'
import {
  hasPodLevel,
  podLimitQuantities,
  podRequestQuantities,
  podRequestsInPlace,
  type Quantities,
} from '../kinds/pod-spec/resources.ts'
import { isExtendedResource, isHugePages, isNativeResource } from '../kinds/validation/resource-names.ts'
import { type Quantity, quantityOf, quantityOfMilli } from '../quantity.ts'
import type { Container, Pod, PodAffinityTerm, PodSpec, ScopedResourceSelectorRequirement } from '../types.generated.ts'
import type { QuotaEvaluator } from './quota-evaluator.ts'
import { scopeSelects } from './scope-values.ts'
import { addUsage, ONE, type Usage } from './usage.ts'

const COUNT = 'count/pods'
const NAMES: ReadonlySet<string> = new Set([
  COUNT,
  'pods',
  ...['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** What every container must name when a quota limits it; an early mistake that stays for compatibility. */
const DEMANDED: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
])
const COMPUTE: readonly string[] = ['cpu', 'memory', 'ephemeral-storage']

/** Pods and their resources (k8s.io/kubernetes pkg/quota/v1/evaluator/core/pods.go). */
export const podEvaluator: QuotaEvaluator = {
  measures(name) {
    if (NAMES.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')) return true
    return name.startsWith('requests.') && !isNativeResource(name)
  },

  usage(object, nowMs) {
    const pod = object as Pod
    return isCharged(pod, nowMs) ? fullUsage(pod) : COUNT_ONLY
  },

  handles({ operation, subresource, object, old }) {
    if (subresource === 'resize') return operation === 'UPDATE'
    if (subresource !== undefined) return false
    if (operation !== 'UPDATE') return operation === 'CREATE'
    return isTerminating((object as Pod).spec) !== isTerminating((old as Pod).spec)
  },

  matchesScope: (selector, object) => matchesScope(selector, object),
  missing: (names, object) => missing(names, object as Pod),
}

const COUNT_ONLY: Usage = new Map([[COUNT, ONE]])

/** Whether a pod counts with its resources: it has not ended, and is not stuck on its way out. */
export function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000
}

/** When the usage of a pod that is on its way out ends by itself; `undefined` when it does not. */
export function chargedUntilMs({ metadata }: Pod): number | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata
  return deletionTimestamp === undefined
    ? undefined
    : Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000
}

/** Whether a pod's resources changed in a way that quotas must hear of. */
export function podUsageChanged(pod: Pod, old: Pod, nowMs: number): boolean {
  if (isTerminating(pod.spec) !== isTerminating(old.spec)) return true
  if (isCharged(old, nowMs) && !isCharged(pod, nowMs)) return true
  const resources = ({ status }: Pod): unknown =>
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((one) => one.resources)
  return pod.status !== old.status && !deepEqual(resources(pod), resources(old))
}

/** Pods of one template share their containers: their usage is added up once. */
const bySpec = new WeakMap<object, { readonly spec: PodSpec; readonly usage: Usage }>()

function fullUsage(pod: Pod): Usage {
  const { spec } = pod
  const known = bySpec.get(spec.containers)
  const isSame =
    known?.spec.initContainers === spec.initContainers &&
    known?.spec.overhead === spec.overhead &&
    known?.spec.resources === spec.resources
  if (known !== undefined && isSame && !isResized(pod)) return known.usage
  const requests = isResized(pod) ? requestsInPlace(pod) : podRequestQuantities(spec)
  const usage = addUsage(COUNT_ONLY, namedUsage(requests, podLimitQuantities(spec)))
  if (!isResized(pod)) bySpec.set(spec.containers, { spec, usage })
  return usage
}

/** Whether the node grants something else than the spec asks for. */
function isResized({ spec, status }: Pod): boolean {
  return (status?.containerStatuses ?? []).some(({ name, resources }) => {
    if (resources?.requests === undefined) return false
    const container = spec.containers.find((one) => one.name === name)
    return !deepEqual(container?.resources?.requests, resources.requests)
  })
}

function requestsInPlace(pod: Pod): Quantities {
  const { cpuMilli, memoryBytes, ephemeralStorageBytes, others } = podRequestsInPlace(pod)
  const requests = new Map(podRequestQuantities(pod.spec))
  if (requests.has('cpu')) requests.set('cpu', quantityOfMilli(cpuMilli))
  if (requests.has('memory')) requests.set('memory', quantityOf(memoryBytes, 'BinarySI'))
  if (requests.has('ephemeral-storage')) {
    requests.set('ephemeral-storage', quantityOf(ephemeralStorageBytes, 'BinarySI'))
  }
  for (const [name, value] of others) requests.set(name, quantityOf(value))
  return requests
}

/** Under each name that a quota may use for it. */
function namedUsage(requests: Quantities, limits: Quantities): Usage {
  const usage = new Map<string, Quantity>([['pods', ONE]])
  for (const name of COMPUTE) {
    const request = requests.get(name)
    const limit = limits.get(name)
    if (request !== undefined) usage.set(name, request).set(`requests.${name}`, request)
    if (limit !== undefined) usage.set(`limits.${name}`, limit)
  }
  for (const [name, request] of requests) {
    if (isHugePages(name)) usage.set(name, request).set(`requests.${name}`, request)
    else if (isExtendedResource(name)) usage.set(`requests.${name}`, request)
  }
  return usage
}

function missing(names: readonly string[], { spec }: Pod): string | undefined {
  if (hasPodLevel(spec.resources?.requests) || hasPodLevel(spec.resources?.limits)) return undefined
  const demanded = names.filter((name) => DEMANDED.has(name)).toSorted()
  const lacking = (name: string): readonly string[] =>
    [...spec.containers, ...(spec.initContainers ?? [])]
      .filter((container) => !says(container, name))
      .map((container) => container.name)
  const parts = demanded.flatMap((name) => {
    const containers = new Set(lacking(name))
    return containers.size === 0 ? [] : [`${name} for: ${[...containers].toSorted().join(',')}`]
  })
  return parts.length === 0 ? undefined : `must specify ${parts.join('; ')}`
}

function says({ resources }: Container, name: string): boolean {
  const list = name.startsWith('limits.') ? resources?.limits : resources?.requests
  return list?.[name.replace(/^(limits|requests)\./, '')] !== undefined
}

function matchesScope(selector: ScopedResourceSelectorRequirement, object: ApiObject): boolean {
  const { spec } = object as Pod
  switch (selector.scopeName) {
    case 'Terminating':
      return isTerminating(spec)
    case 'NotTerminating':
      return !isTerminating(spec)
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort'
    case 'PriorityClass': {
      const { priorityClassName = '' } = spec
      return scopeSelects(selector, priorityClassName === '' ? undefined : priorityClassName)
    }
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(spec)
    default:
      return false
  }
}

/** A pod that has a deadline. */
function isTerminating({ activeDeadlineSeconds }: PodSpec): boolean {
  return activeDeadlineSeconds !== undefined && activeDeadlineSeconds >= 0
}

function reachesOtherNamespaces({ affinity }: PodSpec): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((one): readonly PodAffinityTerm[] => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some(
    ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
  )
}
