import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, valueNotFound } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { validatePortName, validatePortNumber } from '../../names/words.ts'
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateProtocol } from '../validation/ports.ts'
import { validateResourceRequirements } from '../validation/resource-requirements.ts'
import type { PodContext } from './pod-context.ts'
import { isSidecar } from './resources.ts'
import { validateEnv, validateEnvFrom } from './validate-env.ts'
import { validateVolumeDevices, validateVolumeMounts } from './validate-mounts.ts'
import { validateProbes } from './validate-probes.ts'
import { validateSecurityContext } from './validate-security-context.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/validation/validation.go validateContainers. */
export function* validateContainers(
  containers: readonly Container[],
  field: string,
  pod: PodContext,
): Generator<Cause> {
  if (containers.length === 0) yield required(field, '')
  const names = new Set<string>()
  for (const [index, container] of containers.entries()) {
    const place = `${field}[${index}]`
    yield* validateContainer(container, place, pod)
    if (names.has(container.name)) yield duplicate(`${place}.name`, container.name)
    names.add(container.name)
    yield* validateProbes(container, place, pod.spec.terminationGracePeriodSeconds)
    yield* validateRestartRules(container, place)
  }
  yield* validateHostPortConflicts(containers, field)
}

/** validateInitContainers. Only a sidecar lives long enough for hooks and probes. */
export function* validateInitContainers(
  containers: readonly Container[],
  field: string,
  pod: PodContext,
): Generator<Cause> {
  const names = new Set(pod.spec.containers.map(({ name }) => name))
  for (const [index, container] of containers.entries()) {
    const place = `${field}[${index}]`
    yield* validateContainer(container, place, pod)
    yield* validateRestartRules(container, place)
    if (names.has(container.name)) yield duplicate(`${place}.name`, container.name)
    else if (container.name !== '') names.add(container.name)
    yield* validateHostPortConflicts([container], field)
    if (isSidecar(container)) yield* validateProbes(container, place, pod.spec.terminationGracePeriodSeconds)
    else {
      for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
        if (container[name] === undefined) continue
        yield forbiddenField(`${place}.${name}`, 'may not be set for init containers without restartPolicy=Always')
      }
    }
  }
}

/** What an ephemeral container may not have: pkg/apis/core/validation/validation.go allowedEphemeralContainerFields. */
const FORBIDDEN_IN_EPHEMERAL = [
  'ports',
  'resources',
  'restartPolicy',
  'restartPolicyRules',
  'resizePolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

/** validateEphemeralContainers. */
export function* validateEphemeralContainers(
  containers: readonly EphemeralContainer[],
  field: string,
  pod: PodContext,
): Generator<Cause> {
  const targets = new Set([...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(targets)
  const rule = 'cannot be set for an Ephemeral Container'
  for (const [index, container] of containers.entries()) {
    const place = `${field}[${index}]`
    yield* validateContainer(container, place, pod)
    yield* validateImageSpaces(container, place)
    if (names.has(container.name)) yield duplicate(`${place}.name`, container.name)
    names.add(container.name)
    const { targetContainerName = '', volumeMounts = [] } = container
    if (targetContainerName !== '' && !targets.has(targetContainerName)) {
      yield valueNotFound(`${place}.targetContainerName`, targetContainerName)
    }
    for (const name of FORBIDDEN_IN_EPHEMERAL) {
      if (isSet(container[name])) yield forbiddenField(`${place}.${name}`, rule)
    }
    for (const [at, { subPath = '', subPathExpr = '' }] of volumeMounts.entries()) {
      if (subPath !== '') yield forbiddenField(`${place}.volumeMounts[${at}].subPath`, rule)
      if (subPathExpr !== '') yield forbiddenField(`${place}.volumeMounts[${at}].subPathExpr`, rule)
    }
  }
}

/** A pod's images may not be padded; a template's may, for there are programs that replace such templates. */
export function* validateImageSpaces({ image = '' }: Pick<Container, 'image'>, field: string): Generator<Cause> {
  if (image.trim() !== image) {
    yield invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace')
  }
}

const TERMINATION_MESSAGE_POLICIES: readonly string[] = ['File', 'FallbackToLogsOnError']
const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never']

/** validateContainerCommon: what holds for every container. */
function* validateContainer(container: Container, field: string, pod: PodContext): Generator<Cause> {
  const { name = '', image = '', securityContext } = unchecked(container)
  if (name === '') yield required(`${field}.name`, '')
  else yield* invalidFor(`${field}.name`, name, validateDns1123Label(name))
  if (image === '') yield required(`${field}.image`, '')
  yield* validateChoice(
    container.terminationMessagePolicy,
    `${field}.terminationMessagePolicy`,
    TERMINATION_MESSAGE_POLICIES,
  )
  yield* validatePorts(container.ports ?? [], `${field}.ports`)
  yield* validateEnv(container.env ?? [], `${field}.env`)
  yield* validateEnvFrom(container.envFrom ?? [], `${field}.envFrom`)
  yield* validateVolumeMounts(container, `${field}.volumeMounts`, pod)
  yield* validateVolumeDevices(container, `${field}.volumeDevices`, pod)
  yield* validateChoice(container.imagePullPolicy, `${field}.imagePullPolicy`, PULL_POLICIES)
  yield* validateResourceRequirements(container.resources ?? {}, `${field}.resources`, { claimNames: pod.claimNames })
  yield* validateResizePolicy(container.resizePolicy ?? [], `${field}.resizePolicy`, pod)
  if (securityContext !== undefined) {
    yield* validateSecurityContext(securityContext, `${field}.securityContext`, pod)
  }
}

function* validatePorts(ports: readonly ContainerPort[], field: string): Generator<Cause> {
  const names = new Set<string>()
  for (const [index, { name = '', containerPort = 0, hostPort = 0, protocol }] of ports.entries()) {
    const place = `${field}[${index}]`
    if (name !== '') {
      const problems = validatePortName(name)
      yield* invalidFor(`${place}.name`, name, problems)
      if (names.has(name)) yield duplicate(`${place}.name`, name)
      else if (problems.length === 0) names.add(name)
    }
    if (containerPort === 0) yield required(`${place}.containerPort`, '')
    else yield* invalidFor(`${place}.containerPort`, containerPort, validatePortNumber(containerPort))
    if (hostPort !== 0) yield* invalidFor(`${place}.hostPort`, hostPort, validatePortNumber(hostPort))
    yield* validateProtocol(protocol, `${place}.protocol`)
  }
}

function* validateHostPortConflicts(containers: readonly Container[], field: string): Generator<Cause> {
  const taken = new Set<string>()
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [at, { protocol = '', hostIP = '', hostPort = 0 }] of ports.entries()) {
      if (hostPort === 0) continue
      const port = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(port)) yield duplicate(`${field}[${index}].ports[${at}].hostPort`, port)
      taken.add(port)
    }
  }
}

const RESIZABLE: readonly string[] = ['cpu', 'memory']
const RESIZE_POLICIES: readonly string[] = ['NotRequired', 'RestartContainer']

function* validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  field: string,
  { spec }: PodContext,
): Generator<Cause> {
  const seen = new Set<string>()
  for (const [index, { resourceName, restartPolicy }] of policies.entries()) {
    if (seen.has(resourceName)) yield duplicate(`${field}[${index}]`, resourceName)
    seen.add(resourceName)
    yield* validateChoice(resourceName, field, RESIZABLE)
    yield* validateChoice(restartPolicy, field, RESIZE_POLICIES)
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      yield invalidValue(field, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")
    }
  }
}

const RESTART_POLICIES: readonly string[] = ['Always', 'Never', 'OnFailure']
const RESTART_ACTIONS: readonly string[] = ['Restart', 'RestartAllContainers']
const EXIT_CODE_OPERATORS: readonly string[] = ['In', 'NotIn']

/** A container's own restart policy, with rules by exit code. */
function* validateRestartRules({ restartPolicy, restartPolicyRules = [] }: Container, field: string): Generator<Cause> {
  if (restartPolicy !== undefined) {
    if (!RESTART_POLICIES.includes(restartPolicy)) {
      yield notSupported(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES)
    }
  } else if (restartPolicyRules.length > 0) {
    yield required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used')
  }
  for (const [index, rule] of restartPolicyRules.entries()) {
    yield* validateRestartRule(rule, `${field}.restartPolicyRules[${index}]`)
  }
}

function* validateRestartRule({ action, exitCodes }: ContainerRestartRule, field: string): Generator<Cause> {
  if (!RESTART_ACTIONS.includes(action)) yield notSupported(`${field}.action`, action ?? '', RESTART_ACTIONS)
  if (exitCodes === undefined) yield required(`${field}.exitCodes`, 'must be specified')
  else if (!EXIT_CODE_OPERATORS.includes(exitCodes.operator)) {
    yield notSupported(`${field}.exitCodes.operator`, exitCodes.operator ?? '', EXIT_CODE_OPERATORS)
  }
}

/** Defaulting puts an empty `resources` everywhere; that is not set. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
