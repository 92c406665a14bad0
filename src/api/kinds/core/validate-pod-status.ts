import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue } from '../../errors.ts'
import { validateLegacyIp } from '../../names/ip.ts'
import { isIpV4, parseIp } from '../../names/ip-address.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { ContainerStatus, Pod, PodSpec, PodStatus } from '../../types.generated.ts'
import { isSidecar } from '../pod-spec/resources.ts'
import { validatePodAnnotationUpdate } from '../pod-spec/validate-pod-annotations.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMetaUpdate } from '../validation/object-meta.ts'

/**
 * pkg/apis/core/validation/validation.go ValidatePodStatusUpdate. Kubelets write statuses more often than anything else
 * is written, so that parts which stayed are not looked at.
 */
export function* validatePodStatus(pod: Pod, old: Pod): Generator<Cause> {
  const { annotations } = pod.metadata
  yield* validateObjectMetaUpdate(pod.metadata, old.metadata)
  yield* validatePodAnnotationUpdate(annotations, old.metadata.annotations, 'metadata.annotations')
  const status = pod.status ?? {}
  const before = old.status ?? {}
  if (status === before) return
  if (status.conditions !== before.conditions) yield* validateConditions(status)
  if ((pod.spec.nodeName ?? '') !== (old.spec.nodeName ?? '')) {
    yield forbiddenField('status.nodeName', 'may not be changed directly')
  }
  const { nominatedNodeName = '' } = status
  if (nominatedNodeName !== '' && nominatedNodeName !== before.nominatedNodeName) {
    yield* invalidFor('status.nominatedNodeName', nominatedNodeName, nameIsDnsSubdomain(nominatedNodeName))
  }
  yield* validateImmutable(status.qosClass, before.qosClass, 'status.qosClass')
  yield* validateTransitions(status, before, old.spec)
  yield* validateClaimStatuses(status, pod.spec)
  if (status.podIPs !== before.podIPs) yield* validateAddresses(status.podIPs ?? [], 'status.podIPs')
  if (status.hostIPs !== before.hostIPs) yield* validateHostAddresses(status)
}

const SYSTEM_CONDITIONS: readonly string[] = ['PodScheduled', 'Ready', 'Initialized']

function* validateConditions({ conditions = [] }: PodStatus): Generator<Cause> {
  for (const [index, { type = '' }] of conditions.entries()) {
    if (SYSTEM_CONDITIONS.includes(type)) continue
    yield* invalidFor(`metadata.conditions[${index}].Type`, type, validateQualifiedName(type))
  }
}

/** A container that ended for good does not run again. */
function* validateTransitions(status: PodStatus, before: PodStatus, spec: PodSpec): Generator<Cause> {
  const { restartPolicy = 'Always', containers, initContainers = [] } = spec
  if (status.containerStatuses !== before.containerStatuses) {
    yield* validateEnded(status.containerStatuses, before.containerStatuses, {
      field: 'status.containerStatuses',
      restarts: ({ name }) => containers.find((one) => one.name === name)?.restartPolicyRules !== undefined,
      policyOf: ({ name }) => containers.find((one) => one.name === name)?.restartPolicy ?? restartPolicy,
    })
  }
  if (status.initContainerStatuses !== before.initContainerStatuses) {
    yield* validateEnded(status.initContainerStatuses, before.initContainerStatuses, {
      field: 'status.initContainerStatuses',
      restarts: ({ name }) => isSidecar(initContainers.find((one) => one.name === name)),
      policyOf: ({ name }) => initContainers.find((one) => one.name === name)?.restartPolicy ?? restartPolicy,
    })
  }
  yield* validateEnded(status.ephemeralContainerStatuses, before.ephemeralContainerStatuses, {
    field: 'status.ephemeralContainerStatuses',
    restarts: () => false,
    policyOf: () => 'Never',
  })
}

interface EndRules {
  readonly field: string
  readonly restarts: (status: ContainerStatus) => boolean
  readonly policyOf: (status: ContainerStatus) => string
}

function* validateEnded(
  statuses: readonly ContainerStatus[] = [],
  before: readonly ContainerStatus[] = [],
  { field, restarts, policyOf }: EndRules,
): Generator<Cause> {
  for (const [index, old] of before.entries()) {
    const ended = old.state?.terminated
    if (ended === undefined || restarts(old)) continue
    const policy = policyOf(old)
    if (policy === 'Always' || (policy === 'OnFailure' && ended.exitCode !== 0)) continue
    if (statuses.some(({ name, state }) => name === old.name && state?.terminated === undefined)) {
      yield forbiddenField(`${field}[${index}].state`, 'may not be transitioned to non-terminated state')
    }
  }
}

function* validateClaimStatuses({ resourceClaimStatuses = [] }: PodStatus, spec: PodSpec): Generator<Cause> {
  const names = new Set<string>()
  for (const [index, { name, resourceClaimName }] of resourceClaimStatuses.entries()) {
    const field = `status.resourceClaimStatuses[${index}].name`
    if (spec.resourceClaims?.some((claim) => claim.name === name) !== true) {
      yield invalidValue(field, name, 'must match the name of an entry in `spec.resourceClaims`')
    }
    if (names.has(name)) yield duplicate(field, name)
    names.add(name)
    if (resourceClaimName !== undefined) {
      yield* invalidFor(field, resourceClaimName, nameIsDnsSubdomain(resourceClaimName))
    }
  }
}

function* validateHostAddresses({ hostIP = '', hostIPs = [] }: PodStatus): Generator<Cause> {
  const first = hostIPs[0]
  if (first === undefined) return
  if (first.ip !== hostIP) yield invalidValue('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`')
  yield* validateAddresses(hostIPs, 'status.hostIPs')
}

/** At most one address of each family. */
function* validateAddresses(addresses: readonly { readonly ip: string }[], field: string): Generator<Cause> {
  for (const [index, { ip }] of addresses.entries()) yield* validateLegacyIp(ip, `${field}[${index}]`)
  if (addresses.length < 2) return
  const families = new Set(addresses.map(({ ip }) => familyOf(ip)))
  if (addresses.length > 2 || families.size < 2) {
    yield invalidValue(field, addresses, 'may specify no more than one IP for each IP family')
  }
  const seen = new Set<string>()
  for (const [index, address] of addresses.entries()) {
    if (seen.has(address.ip)) yield duplicate(`${field}[${index}]`, address)
    seen.add(address.ip)
  }
}

function familyOf(text: string): 4 | 6 | undefined {
  const address = parseIp(text)
  if (address === undefined) return undefined
  return isIpV4(address) ? 4 : 6
}
