import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required, tooLong } from '../../errors.ts'
import { validateGroupId, validateUserId } from '../../names/words.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { validateLocalDescendingPath } from '../validation/paths.ts'
import type { PodContext } from './pod-context.ts'
import { validateWindowsOptions } from './validate-windows-options.ts'
import { unchecked } from '../validation/unchecked.ts'

const PROC_MOUNTS: readonly string[] = ['Default', 'Unmasked']

/** pkg/apis/core/validation/validation.go ValidateSecurityContext. Privileged containers are allowed, as kubeadm sets it. */
export function* validateSecurityContext(
  context: SecurityContext,
  field: string,
  { hostUsers }: PodContext,
): Generator<Cause> {
  const { runAsUser, runAsGroup, procMount } = context
  if (runAsUser !== undefined) yield* invalidFor(`${field}.runAsUser`, runAsUser, validateUserId(runAsUser))
  if (runAsGroup !== undefined) yield* invalidFor(`${field}.runAsGroup`, runAsGroup, validateGroupId(runAsGroup))
  yield* validateOptionalChoice(procMount, `${field}.procMount`, PROC_MOUNTS)
  if (hostUsers && procMount === 'Unmasked') {
    yield invalidValue(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`')
  }
  yield* validateSeccomp(context.seccompProfile, `${field}.seccompProfile`)
  if (context.allowPrivilegeEscalation === false) {
    const rule = 'cannot set `allowPrivilegeEscalation` to false and'
    if (context.privileged === true) yield invalidValue(field, context, `${rule} \`privileged\` to true`)
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
      yield invalidValue(field, context, `${rule} \`capabilities.Add\` CAP_SYS_ADMIN`)
    }
  }
  yield* validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`)
  yield* validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`)
}

/** validatePodSpecSecurityContext. */
export function* validatePodSecurityContext(spec: PodSpec, field: string): Generator<Cause> {
  const context = spec.securityContext
  if (context === undefined) return
  const { fsGroup, runAsUser, runAsGroup, supplementalGroups = [] } = context
  if (fsGroup !== undefined) yield* invalidFor(`${field}.fsGroup`, fsGroup, validateGroupId(fsGroup))
  if (runAsUser !== undefined) yield* invalidFor(`${field}.runAsUser`, runAsUser, validateUserId(runAsUser))
  if (runAsGroup !== undefined) yield* invalidFor(`${field}.runAsGroup`, runAsGroup, validateGroupId(runAsGroup))
  for (const [index, group] of supplementalGroups.entries()) {
    yield* invalidFor(`${field}.supplementalGroups[${index}]`, group, validateGroupId(group))
  }
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const rule = 'ShareProcessNamespace and HostPID cannot both be enabled'
    yield invalidValue(`${field}.shareProcessNamespace`, true, rule)
  }
  yield* validateSysctls(context.sysctls ?? [], `${field}.sysctls`, spec)
  yield* validateOptionalChoice(context.fsGroupChangePolicy, `${field}.fsGroupChangePolicy`, [
    'Always',
    'OnRootMismatch',
  ])
  yield* validateSeccomp(context.seccompProfile, `${field}.seccompProfile`)
  yield* validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`)
  yield* validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`)
  yield* validateOptionalChoice(context.supplementalGroupsPolicy, `${field}.supplementalGroupsPolicy`, [
    'Merge',
    'Strict',
  ])
  yield* validateOptionalChoice(context.seLinuxChangePolicy, `${field}.seLinuxChangePolicy`, [
    'MountOption',
    'Recursive',
  ])
}

const PROFILE_TYPES: readonly string[] = ['Localhost', 'RuntimeDefault', 'Unconfined']

function* validateSeccomp(profile: SeccompProfile | undefined, field: string): Generator<Cause> {
  if (profile === undefined) return
  const { type = '', localhostProfile } = unchecked(profile)
  if (type === '') yield required(`${field}.type`, 'type is required when seccompProfile is set')
  else if (!PROFILE_TYPES.includes(type)) yield notSupported(`${field}.type`, type, PROFILE_TYPES)
  const place = `${field}.localhostProfile`
  if (type === 'Localhost') {
    if (localhostProfile === undefined) yield required(place, 'must be set when seccomp type is Localhost')
    else yield* validateLocalDescendingPath(localhostProfile, place)
  } else if (localhostProfile !== undefined) {
    yield invalidValue(place, profile, 'can only be set when seccomp type is Localhost')
  }
}

/** PATH_MAX less one. */
const LOCALHOST_PROFILE_LENGTH_MAX = 4095

function* validateAppArmor(profile: AppArmorProfile | undefined, field: string): Generator<Cause> {
  if (profile === undefined) return
  const { type = '', localhostProfile } = unchecked(profile)
  const place = `${field}.localhostProfile`
  if (type === '') yield required(`${field}.type`, 'type is required when appArmorProfile is set')
  else if (!PROFILE_TYPES.includes(type)) yield notSupported(`${field}.type`, type, PROFILE_TYPES)
  else if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      yield invalidValue(place, localhostProfile, 'can only be set when AppArmor type is Localhost')
    }
  } else if (localhostProfile === undefined) yield required(place, 'must be set when AppArmor type is Localhost')
  else {
    if (localhostProfile.trim() !== localhostProfile) {
      yield invalidValue(place, localhostProfile, 'must not be padded with whitespace')
    } else if (localhostProfile === '') yield required(place, 'must be set when AppArmor type is Localhost')
    if (localhostProfile.length > LOCALHOST_PROFILE_LENGTH_MAX) yield tooLong(place, LOCALHOST_PROFILE_LENGTH_MAX)
  }
}

const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SYSCTL_PATTERN = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`
const SYSCTL = new RegExp(SYSCTL_PATTERN)
const SYSCTL_LENGTH_MAX = 253

function* validateSysctls(sysctls: readonly Sysctl[], field: string, spec: PodSpec): Generator<Cause> {
  const names = new Set<string>()
  for (const [index, { name = '' }] of sysctls.entries()) {
    const place = `${field}[${index}].name`
    if (name === '') yield required(place, '')
    else if (name.length > SYSCTL_LENGTH_MAX || !SYSCTL.test(name)) {
      const rule = `must have at most ${SYSCTL_LENGTH_MAX} characters and match regex ${SYSCTL_PATTERN}`
      yield invalidValue(place, name, rule)
    } else if (names.has(name)) yield duplicate(place, name)
    const namespace = sysctlNamespace(name)
    if (spec.hostNetwork === true && namespace === 'net') {
      yield invalidValue(place, name, "may not be specified when 'hostNetwork' is true")
    } else if (spec.hostIPC === true && namespace === 'ipc') {
      yield invalidValue(place, name, "may not be specified when 'hostIPC' is true")
    }
    names.add(name)
  }
}

/** Which of the kernel's namespaces has a setting of its own: component-helpers node/util/sysctl/namespace.go. */
function sysctlNamespace(name: string): 'ipc' | 'net' | undefined {
  const dotted = name.replaceAll('/', '.')
  if (dotted.startsWith('net.')) return 'net'
  return /^(kernel\.(sem$|shm|msg)|fs\.mqueue\.)/.test(dotted) ? 'ipc' : undefined
}
