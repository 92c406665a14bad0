import type { Container, LifecycleHandler, Probe } from '../../../api/types.generated.ts'
import {
  containersOf,
  distinct,
  hasOwnUsers,
  isWindows,
  plural,
  type PodCheck,
  type PodLike,
  printContainers,
  quoted,
  type Violation,
} from './violation.ts'

/** Rules about single containers (k8s.io/pod-security-admission policy). */

export const privileged: PodCheck = (pod) => {
  const bad = namesOf(pod, ({ securityContext }) => securityContext?.privileged === true)
  if (bad.length === 0) return undefined
  const detail = `${printContainers(bad)} must not set securityContext.privileged=true`
  return { reason: 'privileged', detail }
}

export const hostPorts: PodCheck = (pod) => {
  const portsOf = ({ ports = [] }: Container): readonly string[] =>
    ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]))
  const bad = namesOf(pod, (container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = distinct(containersOf(pod).flatMap(portsOf))
  const use = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${printContainers(bad)} ${use} ${plural('hostPort', ports)} ${ports.join(', ')}`,
  }
}

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

export const capabilitiesBaseline: PodCheck = (pod) => {
  const detail = addedCapabilities(pod, (name) => DEFAULT_CAPABILITIES.has(name))
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail }
}

export const capabilitiesRestricted: PodCheck = (pod) => {
  const keeping = namesOf(pod, ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true)
  const details = [
    ...(keeping.length === 0 ? [] : [`${printContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    addedCapabilities(pod, (name) => name === 'NET_BIND_SERVICE') ?? [],
  ].flat()
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

export const allowPrivilegeEscalation: PodCheck = (pod) => {
  const bad = namesOf(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  const detail = `${printContainers(bad)} must set securityContext.allowPrivilegeEscalation=false`
  return { reason: 'allowPrivilegeEscalation != false', detail }
}

export const procMount: PodCheck = (pod) => {
  const mountOf = ({ securityContext }: Container): readonly string[] => {
    const { procMount: mount } = securityContext ?? {}
    return mount === undefined || mount === 'Default' ? [] : [mount]
  }
  const bad = namesOf(pod, (container) => mountOf(container).length > 0)
  if (bad.length === 0) return undefined
  const values = quoted(distinct(containersOf(pod).flatMap(mountOf)))
  return { reason: 'procMount', detail: `${printContainers(bad)} must not set securityContext.procMount to ${values}` }
}

export const hostProbes: PodCheck = (pod) => {
  const bad = distinct(namesOf(pod, (container) => hostsOf(container).length > 0))
  if (bad.length === 0) return undefined
  const hosts = distinct(containersOf(pod).flatMap(hostsOf))
  const use = bad.length === 1 ? 'uses' : 'use'
  const what = plural('probe or lifecycle host', hosts)
  return { reason: 'probe or lifecycle host', detail: `${printContainers(bad)} ${use} ${what} ${quoted(hosts)}` }
}

/** The same check for all but pods of Windows, which know nothing of what it asks for. */
export function exceptWindows(check: PodCheck): PodCheck {
  return (pod): Violation | undefined => (isWindows(pod) ? undefined : check(pod))
}

/** The same check for all but pods with user namespaces of their own. */
export function exceptOwnUsers(check: PodCheck): PodCheck {
  return (pod): Violation | undefined => (hasOwnUsers(pod) ? undefined : check(pod))
}

function namesOf(pod: PodLike, isBad: (container: Container) => boolean): readonly string[] {
  return containersOf(pod)
    .filter(isBad)
    .map(({ name }) => name)
}

function addedCapabilities(pod: PodLike, isAllowed: (name: string) => boolean): string | undefined {
  const badOf = ({ securityContext }: Container): readonly string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !isAllowed(name))
  const bad = namesOf(pod, (container) => badOf(container).length > 0)
  if (bad.length === 0) return undefined
  const capabilities = quoted(distinct(containersOf(pod).flatMap(badOf)))
  return `${printContainers(bad)} must not include ${capabilities} in securityContext.capabilities.add`
}

function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): readonly string[] {
  const all = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
  return all.flatMap((one: Probe | LifecycleHandler | undefined) =>
    [one?.httpGet?.host ?? '', one?.tcpSocket?.host ?? ''].filter((host) => host !== ''),
  )
}
