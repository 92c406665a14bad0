import type { Container, PodSecurityContext, SecurityContext, SELinuxOptions } from '../../../api/types.generated.ts'
import {
  containersOf,
  distinct,
  plural,
  type PodCheck,
  type PodLike,
  printContainers,
  printSetters,
  quoted,
  type Violation,
} from './violation.ts'

/** Rules about what pods and containers both may set (k8s.io/pod-security-admission policy). */

const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/'
const PROFILES: ReadonlySet<string> = new Set(['RuntimeDefault', 'Localhost'])

export const appArmorProfile: PodCheck = (pod) => {
  const typeOf = (context: AnyContext): string | undefined => context?.appArmorProfile?.type
  const { isPodBad, names, values } = badValues(pod, typeOf, (type) => PROFILES.has(type))
  const annotations = Object.entries(pod.annotations)
    .filter(([name, value]) => name.startsWith(APP_ARMOR_PREFIX) && !isAllowedAppArmor(value))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .toSorted()
  const setters = [
    printSetters(isPodBad, names),
    ...(annotations.length === 0 ? [] : [plural('annotation', annotations)]),
  ].filter((setter) => setter !== '')
  if (setters.length === 0) return undefined
  const all = [...values, ...annotations]
  const detail = `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(all)}`
  return { reason: plural('forbidden AppArmor profile', all), detail }
}

export const seLinuxOptions1_0 = seLinuxOptions(['', 'container_t', 'container_init_t', 'container_kvm_t'])
export const seLinuxOptions1_31 = seLinuxOptions([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
])

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'

/** Before seccomp profiles were fields, they were annotations. */
export const seccompAnnotations: PodCheck = (pod) => {
  const names = [SECCOMP_POD, ...containersOf(pod).map(({ name }) => `${SECCOMP_CONTAINER}${name}`)]
  const bad = distinct(
    names.flatMap((name) => {
      const value = pod.annotations[name]
      return value === undefined || isAllowedSeccomp(value) ? [] : [`${name}=${JSON.stringify(value)}`]
    }),
  )
  if (bad.length === 0) return undefined
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', bad)} ${bad.join(', ')}` }
}

export const seccompBaseline: PodCheck = (pod) => {
  const { isPodBad, names, values } = badValues(pod, seccompOf, (type) => PROFILES.has(type))
  if (!isPodBad && names.length === 0) return undefined
  const what = `must not set securityContext.seccompProfile.type to ${quoted(values)}`
  return { reason: 'seccompProfile', detail: `${printSetters(isPodBad, names)} ${what}` }
}

export const seccompRestricted: PodCheck = (pod) => {
  const explicit = seccompBaseline(pod)
  if (explicit !== undefined || seccompOf(pod.spec.securityContext) !== undefined) return explicit
  const silent = namesOf(pod, ({ securityContext }) => seccompOf(securityContext) === undefined)
  if (silent.length === 0) return undefined
  const what = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return { reason: 'seccompProfile', detail: `pod or ${printContainers(silent)} ${what}` }
}

export const runAsNonRoot: PodCheck = (pod) => {
  const reason = 'runAsNonRoot != true'
  const inPod = pod.spec.securityContext?.runAsNonRoot
  const explicit = namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false)
  if (inPod === false || explicit.length > 0) {
    const setters = printSetters(inPod === false, explicit)
    return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  }
  const silent = namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (inPod === true || silent.length === 0) return undefined
  return { reason, detail: `pod or ${printContainers(silent)} must set securityContext.runAsNonRoot=true` }
}

export const runAsUser: PodCheck = (pod) =>
  setBy(pod, (context) => context?.runAsUser === 0, {
    reason: 'runAsUser=0',
    detail: 'must not set runAsUser=0',
  })

export const windowsHostProcess: PodCheck = (pod) =>
  setBy(pod, (context) => context?.windowsOptions?.hostProcess === true, {
    reason: 'hostProcess',
    detail: 'must not set securityContext.windowsOptions.hostProcess=true',
  })

type AnyContext = PodSecurityContext | SecurityContext | undefined

function seccompOf(context: AnyContext): string | undefined {
  return context?.seccompProfile?.type
}

function seLinuxOptions(allowed: readonly string[]): PodCheck {
  const isBad = ({ type = '', user = '', role = '' }: SELinuxOptions): boolean =>
    !allowed.includes(type) || user !== '' || role !== ''
  return (pod) => {
    const inPod = pod.spec.securityContext?.seLinuxOptions
    const containers = containersOf(pod).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions ?? {}))
    const isPodBad = isBad(inPod ?? {})
    const options = [inPod ?? {}, ...containersOf(pod).map((one) => one.securityContext?.seLinuxOptions ?? {})]
    const types = distinct(options.flatMap(({ type = '' }) => (allowed.includes(type) ? [] : [type])))
    const data = [
      ...(types.length === 0 ? [] : [`${plural('type', types)} ${quoted(types)}`]),
      ...(options.some(({ user = '' }) => user !== '') ? ['user may not be set'] : []),
      ...(options.some(({ role = '' }) => role !== '') ? ['role may not be set'] : []),
    ]
    if (data.length === 0) return undefined
    const setters = printSetters(
      isPodBad,
      containers.map(({ name }) => name),
    )
    return {
      reason: 'seLinuxOptions',
      detail: `${setters} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    }
  }
}

/** Who sets a value that is not allowed, and which values those are. */
function badValues(
  pod: PodLike,
  valueOf: (context: AnyContext) => string | undefined,
  isAllowed: (value: string) => boolean,
): { isPodBad: boolean; names: readonly string[]; values: readonly string[] } {
  const badOf = (context: AnyContext): readonly string[] => {
    const value = valueOf(context)
    return value === undefined || isAllowed(value) ? [] : [value]
  }
  const inPod = badOf(pod.spec.securityContext)
  const bad = containersOf(pod).filter(({ securityContext }) => badOf(securityContext).length > 0)
  const inContainers = bad.flatMap(({ securityContext }) => badOf(securityContext))
  return {
    isPodBad: inPod.length > 0,
    names: bad.map(({ name }) => name),
    values: distinct([...inPod, ...inContainers]),
  }
}

function setBy(
  pod: PodLike,
  isBad: (context: AnyContext) => boolean,
  { reason, detail }: Violation,
): Violation | undefined {
  const isPodBad = isBad(pod.spec.securityContext)
  const names = namesOf(pod, ({ securityContext }) => isBad(securityContext))
  if (!isPodBad && names.length === 0) return undefined
  return { reason, detail: `${printSetters(isPodBad, names)} ${detail}` }
}

function namesOf(pod: PodLike, isBad: (container: Container) => boolean): readonly string[] {
  return containersOf(pod)
    .filter(isBad)
    .map(({ name }) => name)
}

function isAllowedAppArmor(profile: string): boolean {
  return profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/')
}

function isAllowedSeccomp(profile: string): boolean {
  return profile === 'runtime/default' || profile === 'docker/default' || profile.startsWith('localhost/')
}
