import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { validateLabels, validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateInRange } from '../../names/words.ts'
import type { PodResourceClaim, PodSchedulingGate, PodSpec } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice, validateOptionalChoice } from '../validation/choices.ts'
import { validateResourceRequirements } from '../validation/resource-requirements.ts'
import { validateTolerations } from '../validation/taints.ts'
import type { PodContext, PodSpecPlace } from './pod-context.ts'
import { validateAffinity } from './validate-affinity.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './validate-containers.ts'
import { validateDnsConfig, validateHostAliases } from './validate-dns-config.ts'
import { validatePodResources } from './validate-pod-resources.ts'
import { validatePodSecurityContext } from './validate-security-context.ts'
import { validateTopologySpread } from './validate-topology-spread.ts'
import { validateVolumes } from './validate-volumes.ts'
import { validateForOs, validateHostProcess } from './validate-windows-options.ts'
import { unchecked } from '../validation/unchecked.ts'

const RESTART_POLICIES: readonly string[] = ['Always', 'OnFailure', 'Never']
const DNS_POLICIES: readonly string[] = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const PREEMPTION_POLICIES: readonly string[] = ['PreemptLowerPriority', 'Never']
const INT32_MAX = 2 ** 31 - 1

/** pkg/apis/core/validation/validation.go ValidatePodSpec, in its order. */
export function* validatePodSpec(given: PodSpec, place: PodSpecPlace): Generator<Cause> {
  const spec = unchecked(given).containers === undefined ? { ...given, containers: [] } : given
  const { field, isPod } = place
  if (spec.terminationGracePeriodSeconds === undefined) yield required(`${field}.terminationGracePeriodSeconds`, '')
  const { valid, causes } = validateVolumes(spec.volumes ?? [], { ...place, field: `${field}.volumes` })
  yield* causes
  const claims = spec.resourceClaims ?? []
  const claimNames = new Set(claims.map(({ name }) => name).filter((name) => name !== ''))
  yield* validateResourceClaims(claims, `${field}.resourceClaims`)
  const pod: PodContext = { isPod, spec, volumes: valid, claimNames, hostUsers: spec.hostUsers !== false }
  yield* validateContainers(spec.containers, `${field}.containers`, pod)
  yield* validateInitContainers(spec.initContainers ?? [], `${field}.initContainers`, pod)
  yield* validateEphemeralContainers(spec.ephemeralContainers ?? [], `${field}.ephemeralContainers`, pod)
  yield* validatePodResources(pod, `${field}.resources`)
  yield* validateHostPorts(pod, field)
  yield* validateChoice(spec.restartPolicy, `${field}.restartPolicy`, RESTART_POLICIES)
  yield* validateChoice(spec.dnsPolicy, `${field}.dnsPolicy`, DNS_POLICIES)
  yield* validateLabels(spec.nodeSelector, `${field}.nodeSelector`)
  yield* validatePodSecurityContext(spec, `${field}.securityContext`)
  yield* validateAffinity(spec.affinity ?? {}, `${field}.affinity`)
  yield* validateDnsConfig(spec, `${field}.dnsConfig`)
  for (const [index, { conditionType = '' }] of (spec.readinessGates ?? []).entries()) {
    const gate = `${field}.readinessGates[${index}].conditionType`
    yield* invalidFor(gate, conditionType, validateQualifiedName(conditionType))
  }
  yield* validateSchedulingGates(spec.schedulingGates ?? [], `${field}.schedulingGates`)
  yield* validateTopologySpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`, place)
  yield* validateHostProcess(spec, field)
  yield* validateHostUsers(spec, field)
  yield* validateSpecNames(spec, field)
  yield* validateLaterFields(spec, field)
}

function* validateLaterFields(spec: PodSpec, field: string): Generator<Cause> {
  yield* validateTolerations(spec.tolerations ?? [], `${field}.tolerations`)
  yield* validateHostAliases(spec.hostAliases ?? [], `${field}.hostAliases`)
  const { priorityClassName = '', runtimeClassName, preemptionPolicy, overhead, os } = spec
  if (priorityClassName !== '') {
    yield* invalidFor(`${field}.priorityClassName`, priorityClassName, nameIsDnsSubdomain(priorityClassName))
  }
  if (runtimeClassName !== undefined) {
    yield* invalidFor(`${field}.runtimeClassName`, runtimeClassName, nameIsDnsSubdomain(runtimeClassName))
  }
  if (preemptionPolicy !== undefined) {
    yield* validateChoice(preemptionPolicy, `${field}.preemptionPolicy`, PREEMPTION_POLICIES)
  }
  if (overhead !== undefined) yield* validateResourceRequirements({ limits: overhead }, `${field}.overhead`)
  if (os === undefined) return
  if ((os.name ?? '') === '') yield required(`${field}.os.name`, 'cannot be empty')
  else if (os.name === 'linux' || os.name === 'windows') yield* validateForOs(spec, field)
  else yield* validateOptionalChoice(os.name, `${field}.os`, ['linux', 'windows'])
}

/** The names that stand in a spec, and the deadline between them. */
export function* validateSpecNames(spec: PodSpec, field: string): Generator<Cause> {
  const { serviceAccountName = '', nodeName = '', hostname = '', subdomain = '', activeDeadlineSeconds } = spec
  if (serviceAccountName !== '') {
    yield* invalidFor(`${field}.serviceAccountName`, serviceAccountName, nameIsDnsSubdomain(serviceAccountName))
  }
  if (nodeName !== '') yield* invalidFor(`${field}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName))
  if (activeDeadlineSeconds !== undefined) {
    const problems = validateInRange(activeDeadlineSeconds, { min: 1, max: INT32_MAX })
    yield* invalidFor(`${field}.activeDeadlineSeconds`, activeDeadlineSeconds, problems)
  }
  if (hostname !== '') yield* invalidFor(`${field}.hostname`, hostname, validateDns1123Label(hostname))
  yield* validateHostnameOverride(spec, field)
  if (subdomain !== '') yield* invalidFor(`${field}.subdomain`, subdomain, validateDns1123Label(subdomain))
}

/** What the kernel takes as a host name. */
const HOSTNAME_LENGTH_MAX = 64

function* validateHostnameOverride(spec: PodSpec, field: string): Generator<Cause> {
  const { hostnameOverride, hostNetwork, setHostnameAsFQDN } = spec
  if (hostnameOverride === undefined) return
  const place = `${field}.hostnameOverride`
  yield* invalidFor(place, hostnameOverride, validateDns1123Subdomain(hostnameOverride))
  if (hostnameOverride.length > HOSTNAME_LENGTH_MAX) {
    yield {
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${HOSTNAME_LENGTH_MAX} bytes`,
      field: place,
    }
  }
  if (setHostnameAsFQDN === true) {
    yield forbiddenField(place, 'may not be specified when setHostnameAsFQDN is true')
  }
  if (hostNetwork === true) yield forbiddenField(place, 'may not be specified when hostNetwork is true')
}

function* validateResourceClaims(claims: readonly PodResourceClaim[], field: string): Generator<Cause> {
  const names = new Set<string>()
  for (const [index, claim] of claims.entries()) {
    const place = `${field}[${index}]`
    const { name = '', resourceClaimName, resourceClaimTemplateName } = unchecked(claim)
    if (name === '') yield required(`${place}.name`, '')
    else if (names.has(name)) yield duplicate(`${place}.name`, name)
    else {
      yield* invalidFor(`${place}.name`, name, validateDns1123Label(name))
      names.add(name)
    }
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const rule = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
      yield invalidValue(place, claim, rule)
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const rule = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'
      yield invalidValue(place, claim, rule)
    }
    for (const [own, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName })) {
      if (value !== undefined) yield* invalidFor(`${place}.${own}`, value, nameIsDnsSubdomain(value))
    }
  }
}

/** validatePodHostNetworkDeps: a template may leave the port of the host to its pods, but may not choose another one. */
function* validateHostPorts({ spec, isPod }: PodContext, field: string): Generator<Cause> {
  if (spec.hostNetwork !== true) return
  for (const [index, { ports = [] }] of spec.containers.entries()) {
    for (const [at, { hostPort = 0, containerPort }] of ports.entries()) {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) continue
      const rule = 'must match `containerPort` when `hostNetwork` is true'
      yield invalidValue(`${field}.containers[${index}].ports[${at}].hostPort`, hostPort, rule)
    }
  }
}

function* validateSchedulingGates(gates: readonly PodSchedulingGate[], field: string): Generator<Cause> {
  const seen = new Set<string>()
  for (const [index, { name = '' }] of gates.entries()) {
    yield* invalidFor(`${field}[${index}]`, name, validateQualifiedName(name))
    if (seen.has(name)) yield duplicate(`${field}[${index}]`, name)
    seen.add(name)
  }
}

/** A user namespace of its own goes with no other namespace of the host. Two of the paths are upstream's own spelling. */
function* validateHostUsers(spec: PodSpec, field: string): Generator<Cause> {
  if (spec.hostUsers !== false) return
  const rule = 'when `pod.Spec.HostUsers` is false'
  if (spec.hostNetwork === true) yield forbiddenField(`${field}.hostNetwork`, rule)
  if (spec.hostPID === true) yield forbiddenField(`${field}.HostPID`, rule)
  if (spec.hostIPC === true) yield forbiddenField(`${field}.HostIPC`, rule)
}
