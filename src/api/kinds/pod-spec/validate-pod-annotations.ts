import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue } from '../../errors.ts'
import type { PodSpec, SeccompProfile } from '../../types.generated.ts'
import { validateLocalDescendingPath } from '../validation/paths.ts'
import { containersWithPath } from './containers-of.ts'

type Annotations = Readonly<Record<string, string>> | undefined

export const MIRROR_POD_ANNOTATION = 'kubernetes.io/config.mirror'
export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost'
export const SECCOMP_POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod'
export const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/'
export const APPARMOR_CONTAINER_PREFIX = 'container.apparmor.security.beta.kubernetes.io/'
const LOCALHOST_PREFIX = 'localhost/'

/** pkg/apis/core/validation/validation.go ValidatePodSpecificAnnotations. */
export function* validatePodAnnotations(annotations: Annotations, spec: PodSpec, field: string): Generator<Cause> {
  if (annotations === undefined) return
  const mirror = annotations[MIRROR_POD_ANNOTATION]
  if (mirror !== undefined && (spec.nodeName ?? '') === '') {
    const rule = 'must set spec.nodeName if mirror pod annotation is set'
    yield invalidValue(`${field}[${MIRROR_POD_ANNOTATION}]`, mirror, rule)
  }
  const cost = annotations[DELETION_COST_ANNOTATION]
  if (cost !== undefined && !isDeletionCost(cost)) {
    yield invalidValue(`${field}[${DELETION_COST_ANNOTATION}]`, cost, 'must be a 32bit integer')
  }
  for (const [name, value] of Object.entries(annotations)) {
    if (name === SECCOMP_POD_ANNOTATION || name.startsWith(SECCOMP_CONTAINER_PREFIX)) {
      yield* validateSeccompText(value, `${field}.${name}`)
    }
  }
  for (const [name, value] of Object.entries(annotations)) {
    if (name.startsWith(APPARMOR_CONTAINER_PREFIX)) yield* validateAppArmorText(name, value, { spec, field })
  }
}

/** ValidatePodSpecificAnnotationUpdates: what must stay as it was. */
export function* validatePodAnnotationUpdate(
  annotations: Annotations,
  old: Annotations,
  field: string,
): Generator<Cause> {
  if (annotations === old) return
  for (const [name, value] of Object.entries(old ?? {})) {
    if (annotations?.[name] === value) continue
    if (name.startsWith(APPARMOR_CONTAINER_PREFIX)) {
      yield forbiddenField(`${field}[${name}]`, 'may not remove or update AppArmor annotations')
    }
    if (name === MIRROR_POD_ANNOTATION) {
      yield forbiddenField(`${field}[${name}]`, 'may not remove or update mirror pod annotation')
    }
  }
  for (const name of Object.keys(annotations ?? {})) {
    if (old?.[name] !== undefined) continue
    if (name.startsWith(APPARMOR_CONTAINER_PREFIX)) {
      yield forbiddenField(`${field}[${name}]`, 'may not add AppArmor annotations')
    }
    if (name === MIRROR_POD_ANNOTATION) yield forbiddenField(`${field}[${name}]`, 'may not add mirror pod annotation')
  }
}

/** validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate: both say the same, or one is silent. */
export function* validateProfilesMatch(annotations: Annotations, spec: PodSpec, field: string): Generator<Cause> {
  if (annotations === undefined) return
  const ofPod = spec.securityContext
  const place = `${field}.securityContext.seccompProfile`
  yield* matchProfile(annotations[SECCOMP_POD_ANNOTATION], ofPod?.seccompProfile, { field: place, what: 'seccomp' })
  for (const [{ name, securityContext }, container] of containersWithPath(spec, field)) {
    yield* matchProfile(annotations[`${SECCOMP_CONTAINER_PREFIX}${name}`], securityContext?.seccompProfile, {
      field: `${container}.securityContext.seccompProfile`,
      what: 'seccomp',
    })
  }
  if (spec.os?.name === 'windows') return
  for (const [{ name, securityContext }, container] of containersWithPath(spec, field)) {
    const profile = securityContext?.appArmorProfile ?? ofPod?.appArmorProfile
    yield* matchProfile(annotations[`${APPARMOR_CONTAINER_PREFIX}${name}`], profile, {
      field: `${container}.securityContext.appArmorProfile`,
      what: 'apparmor',
    })
  }
}

/** A 32-bit number without plus sign and leading zeros. */
export function isDeletionCost(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return false
  const value = Number(text)
  return value >= -(2 ** 31) && value < 2 ** 31
}

const RUNTIME_DEFAULTS: readonly string[] = ['runtime/default', 'docker/default']

function* matchProfile(
  annotation: string | undefined,
  profile: SeccompProfile | undefined,
  { field, what }: { field: string; what: 'seccomp' | 'apparmor' },
): Generator<Cause> {
  if (annotation === undefined || profile === undefined) return
  const agree = {
    Unconfined: annotation === 'unconfined',
    RuntimeDefault: RUNTIME_DEFAULTS.includes(annotation),
    Localhost: annotation.startsWith(LOCALHOST_PREFIX),
  }[profile.type]
  if (agree === false) yield forbiddenField(`${field}.type`, `${what} type in annotation and field must match`)
  else if (profile.type === 'Localhost' && annotation.slice(LOCALHOST_PREFIX.length) !== profile.localhostProfile) {
    yield forbiddenField(`${field}.localhostProfile`, `${what} profile in annotation and field must match`)
  }
}

function* validateSeccompText(profile: string, field: string): Generator<Cause> {
  if (RUNTIME_DEFAULTS.includes(profile) || profile === 'unconfined') return
  if (profile.startsWith(LOCALHOST_PREFIX)) {
    yield* validateLocalDescendingPath(profile.slice(LOCALHOST_PREFIX.length), field)
  } else yield invalidValue(field, profile, 'must be a valid seccomp profile')
}

function* validateAppArmorText(
  name: string,
  profile: string,
  { spec, field }: { spec: PodSpec; field: string },
): Generator<Cause> {
  const container = name.slice(APPARMOR_CONTAINER_PREFIX.length)
  if (![...containersWithPath(spec, '')].some(([one]) => one.name === container)) {
    yield invalidValue(`${field}[${name}]`, container, 'container not found')
  }
  const known = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith(LOCALHOST_PREFIX)
  if (!known) yield invalidValue(`${field}[${name}]`, profile, `invalid AppArmor profile name: "${profile}"`)
}
