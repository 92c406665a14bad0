import {
  allowPrivilegeEscalation,
  capabilitiesBaseline,
  capabilitiesRestricted,
  exceptOwnUsers,
  exceptWindows,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
} from './container-checks.ts'
import {
  hostNamespaces,
  hostPathVolumes,
  restrictedVolumes,
  sysctls1_0,
  sysctls1_27,
  sysctls1_29,
  sysctls1_32,
} from './pod-checks.ts'
import type { LevelVersion } from './policy.ts'
import {
  appArmorProfile,
  runAsNonRoot,
  runAsUser,
  seccompAnnotations,
  seccompBaseline,
  seccompRestricted,
  seLinuxOptions1_0,
  seLinuxOptions1_31,
  windowsHostProcess,
} from './profile-checks.ts'
import type { PodCheck, PodLike, Violation } from './violation.ts'

/** A check from one minor version of Kubernetes on, until the next entry's. */
type Versions = readonly (readonly [minor: number, check: PodCheck])[]

/** In the order in which messages name them, which is that of upstream's names for them. */
const BASELINE: Readonly<Record<string, Versions>> = {
  appArmorProfile: [[0, appArmorProfile]],
  capabilities: [[0, capabilitiesBaseline]],
  hostNamespaces: [[0, hostNamespaces]],
  hostPathVolumes: [[0, hostPathVolumes]],
  hostPorts: [[0, hostPorts]],
  hostProbesAndHostLifecycle: [[34, hostProbes]],
  privileged: [[0, privileged]],
  procMount: [
    [0, procMount],
    [35, exceptOwnUsers(procMount)],
  ],
  seLinuxOptions: [
    [0, seLinuxOptions1_0],
    [31, seLinuxOptions1_31],
  ],
  seccompProfile: [
    [0, seccompAnnotations],
    [19, seccompBaseline],
  ],
  sysctls: [
    [0, sysctls1_0],
    [27, sysctls1_27],
    [29, sysctls1_29],
    [32, sysctls1_32],
  ],
  windowsHostProcess: [[0, windowsHostProcess]],
}

/** What `restricted` asks for beyond `baseline`; a name that is there too takes its place. */
const RESTRICTED: Readonly<Record<string, Versions>> = {
  allowPrivilegeEscalation: [
    [8, allowPrivilegeEscalation],
    [25, exceptWindows(allowPrivilegeEscalation)],
  ],
  capabilities: [
    [22, capabilitiesRestricted],
    [25, exceptWindows(capabilitiesRestricted)],
  ],
  procMount: [[35, procMount]],
  hostPathVolumes: [[0, restrictedVolumes]],
  runAsNonRoot: [
    [0, runAsNonRoot],
    [35, exceptOwnUsers(runAsNonRoot)],
  ],
  runAsUser: [
    [23, runAsUser],
    [35, exceptOwnUsers(runAsUser)],
  ],
  seccompProfile: [
    [19, seccompRestricted],
    [25, exceptWindows(seccompRestricted)],
  ],
}

/** Which rules of a level a pod breaks (k8s.io/pod-security-admission policy/registry.go). */
export function violationsOf(pod: PodLike, { level, minor }: LevelVersion): readonly Violation[] {
  if (level === 'privileged') return []
  const version = minor ?? Number.POSITIVE_INFINITY
  const restricted = level === 'restricted' ? checksAt(RESTRICTED, version) : new Map<string, PodCheck>()
  const baseline = [...checksAt(BASELINE, version)].filter(([name]) => !restricted.has(name))
  const checks = [...baseline.map(([, check]) => check), ...restricted.values()]
  return checks.flatMap((check) => check(pod) ?? [])
}

/** `privileged (container "web" must not …), host namespaces (hostPID=true)` */
export function printViolations(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')
}

function checksAt(all: Readonly<Record<string, Versions>>, minor: number): ReadonlyMap<string, PodCheck> {
  const checks = new Map<string, PodCheck>()
  for (const [name, versions] of Object.entries(all)) {
    const check = versions.findLast(([since]) => since <= minor)?.[1]
    if (check !== undefined) checks.set(name, check)
  }
  return checks
}
