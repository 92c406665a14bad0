import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { validateQualifiedName } from '../../names/labels.ts'

/** Which names resources have, and what each kind of use allows: pkg/apis/core/helper/helpers.go. */

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage'])

/** Counted objects: whole numbers only. */
const OBJECT_COUNTS: readonly string[] = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]

const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...OBJECT_COUNTS,
])

const STANDARD_RESOURCES: ReadonlySet<string> = new Set([...QUOTA_RESOURCES, 'storage'])
const INTEGER_RESOURCES: ReadonlySet<string> = new Set(OBJECT_COUNTS)

const NATIVE_NAMESPACE = 'kubernetes.io/'
const REQUESTS_PREFIX = 'requests.'

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-')
}

export function isQuotaHugePages(name: string): boolean {
  return isHugePages(name) || name.startsWith('requests.hugepages-')
}

export function isStandardContainerResource(name: string): boolean {
  return CONTAINER_RESOURCES.has(name) || isHugePages(name)
}

export function isStandardQuotaResource(name: string): boolean {
  return QUOTA_RESOURCES.has(name) || isQuotaHugePages(name)
}

export function isStandardResource(name: string): boolean {
  return STANDARD_RESOURCES.has(name) || isQuotaHugePages(name)
}

/** Without a prefix, or with kubernetes.io's. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes(NATIVE_NAMESPACE)
}

/** A vendor's, such as `nvidia.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith(REQUESTS_PREFIX)) return false
  return validateQualifiedName(`${REQUESTS_PREFIX}${name}`).length === 0
}

/** Whether a request may be smaller than the limit. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name)
}

export function isIntegerResource(name: string): boolean {
  return INTEGER_RESOURCES.has(name) || isExtendedResource(name)
}

/** pkg/apis/core/validation/validation.go validateResourceName. */
export function* validateResourceName(name: string, field: string): Generator<Cause> {
  const problems = validateQualifiedName(name)
  for (const problem of problems) yield invalidValue(field, name, problem)
  if (problems.length > 0) return
  if (!name.includes('/') && !isStandardResource(name)) {
    yield invalidValue(field, name, 'must be a standard resource type or fully qualified')
  }
}

export function* validateContainerResourceName(name: string, field: string): Generator<Cause> {
  yield* validateResourceName(name, field)
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name)) {
      yield invalidValue(field, name, 'must be a standard resource for containers')
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    yield invalidValue(field, name, "doesn't follow extended resource name standard")
  }
}

export function* validateQuotaResourceName(name: string, field: string): Generator<Cause> {
  yield* validateResourceName(name, field)
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    yield invalidValue(field, name, 'must be a standard resource for quota')
  }
}
