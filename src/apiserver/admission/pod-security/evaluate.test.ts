import { describe, expect, test } from 'vitest'
import type { Container, PodSpec } from '../../../api/types.generated.ts'
import { printViolations, violationsOf } from './evaluate.ts'
import type { Level } from './policy.ts'

type Context = NonNullable<Container['securityContext']>

const SAFE: Context = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

interface Case {
  readonly level: Level
  readonly minor?: number
  readonly spec?: Partial<PodSpec>
  /** Fields of container `a`. */
  readonly a?: Partial<Container>
  /** Of container `a`, beyond what all levels let in. */
  readonly context?: Context
  readonly annotations?: Readonly<Record<string, string>>
  readonly found: string
}

function found({ level, minor, spec, a, context, annotations = {} }: Case): string {
  const container = { name: 'a', image: 'x', ...a, securityContext: { ...SAFE, ...context } }
  const pod = { annotations, spec: { containers: [container], ...spec } as PodSpec }
  return printViolations(violationsOf(pod, { level, minor }))
}

const NAKED = { containers: [{ name: 'a' }, { name: 'b' }] as readonly Container[] }
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io'
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod'

const CASES: Readonly<Record<string, Case>> = {
  'a careful pod': { level: 'restricted', found: '' },
  'anything, where all is privileged': {
    level: 'privileged',
    spec: { hostPID: true },
    context: { privileged: true },
    found: '',
  },
  'a pod that says nothing, baseline': { level: 'baseline', spec: NAKED, found: '' },
  'a pod that says nothing, restricted': {
    level: 'restricted',
    spec: NAKED,
    found:
      'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  },
  'a pod of Windows that says nothing': {
    level: 'restricted',
    spec: { ...NAKED, os: { name: 'windows' } },
    found: 'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)',
  },
  'a pod with users of its own': {
    level: 'restricted',
    spec: { hostUsers: false, securityContext: { runAsUser: 0 } },
    context: { runAsNonRoot: false },
    found: '',
  },
  'a pod with users of its own, before that counted': {
    level: 'restricted',
    minor: 34,
    spec: { hostUsers: false },
    context: { runAsNonRoot: false },
    found: 'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
  },
  'baseline rules come before restricted ones': {
    level: 'restricted',
    spec: { hostNetwork: true, hostIPC: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    context: { privileged: true, allowPrivilegeEscalation: true },
    found:
      'host namespaces (hostNetwork=true, hostIPC=true), ' +
      'privileged (container "a" must not set securityContext.privileged=true), ' +
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), ' +
      'restricted volume types (volume "v" uses restricted volume type "hostPath")',
  },
  'volumes of the host': {
    level: 'baseline',
    spec: {
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'w', hostPath: { path: '/tmp' } },
      ],
    },
    found: 'hostPath volumes (volumes "v", "w")',
  },
  'volumes of other kinds': {
    level: 'restricted',
    spec: {
      volumes: [
        { name: 'u', emptyDir: {} },
        { name: 'v', nfs: { server: 's', path: '/' } },
        { name: 'w', iscsi: { targetPortal: 'p', iqn: 'i', lun: 0 } },
      ],
    },
    found: 'restricted volume types (volumes "v", "w" use restricted volume types "iscsi", "nfs")',
  },
  'ports of the host': {
    level: 'baseline',
    a: {
      ports: [
        { containerPort: 80, hostPort: 8080 },
        { containerPort: 81, hostPort: 443 },
      ],
    },
    found: 'hostPort (container "a" uses hostPorts 443, 8080)',
  },
  'probes of other hosts': {
    level: 'baseline',
    a: {
      livenessProbe: { httpGet: { host: '127.0.0.1', port: 80 } },
      lifecycle: { preStop: { tcpSocket: { host: 'localhost', port: 80 } } },
    },
    found: 'probe or lifecycle host (container "a" uses probe or lifecycle hosts "127.0.0.1", "localhost")',
  },
  'probes of other hosts, before that counted': {
    level: 'baseline',
    minor: 33,
    a: { livenessProbe: { httpGet: { host: '127.0.0.1', port: 80 } } },
    found: '',
  },
  'capabilities, baseline': {
    level: 'baseline',
    context: { capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } },
    found:
      'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
  },
  'capabilities, restricted': {
    level: 'restricted',
    context: { capabilities: { add: ['CHOWN', 'NET_BIND_SERVICE'] } },
    found:
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; ' +
      'container "a" must not include "CHOWN" in securityContext.capabilities.add)',
  },
  'capabilities, restricted, before that counted': {
    level: 'restricted',
    minor: 21,
    context: { capabilities: { add: ['CHOWN'] } },
    found: '',
  },
  'AppArmor fields': {
    level: 'baseline',
    spec: { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
    context: { appArmorProfile: { type: 'Unconfined' } },
    found: 'forbidden AppArmor profile (pod and container "a" must not set AppArmor profile type to "Unconfined")',
  },
  'AppArmor annotations': {
    level: 'baseline',
    annotations: {
      [`${APP_ARMOR}/b`]: 'runtime/default',
      [`${APP_ARMOR}/c`]: 'localhost/',
      [`${APP_ARMOR}/e`]: 'unconfined',
      [`${APP_ARMOR}/f`]: 'unknown',
    },
    found: `forbidden AppArmor profiles (annotations must not set AppArmor profile type to "${APP_ARMOR}/e="unconfined"", "${APP_ARMOR}/f="unknown"")`,
  },
  'SELinux options': {
    level: 'baseline',
    spec: { securityContext: { seLinuxOptions: { type: 'foo', user: 'bar', role: 'baz' } } },
    context: { seLinuxOptions: { type: 'container_engine_t' } },
    found:
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set; role may not be set)',
  },
  'SELinux options, before a type was known': {
    level: 'baseline',
    minor: 30,
    context: { seLinuxOptions: { type: 'container_engine_t' } },
    found: 'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
  },
  'seccomp, baseline': {
    level: 'baseline',
    context: { seccompProfile: { type: 'Unconfined' } },
    found: 'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
  },
  'seccomp of the pod is enough': {
    level: 'restricted',
    spec: { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'p' }, runAsNonRoot: true } },
    found: '',
  },
  'seccomp annotations': {
    level: 'baseline',
    minor: 18,
    annotations: { [SECCOMP]: 'unconfined' },
    found: `seccompProfile (forbidden annotation ${SECCOMP}="unconfined")`,
  },
  'seccomp annotations, after fields took their place': {
    level: 'baseline',
    annotations: { [SECCOMP]: 'unconfined' },
    found: '',
  },
  'mounts of /proc': {
    level: 'baseline',
    context: { procMount: 'Unmasked' },
    found: 'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  },
  'mounts of /proc by users of the pod, baseline': {
    level: 'baseline',
    spec: { hostUsers: false },
    context: { procMount: 'Unmasked' },
    found: '',
  },
  'mounts of /proc by users of the pod, restricted': {
    level: 'restricted',
    spec: { hostUsers: false },
    context: { procMount: 'Unmasked' },
    found: 'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  },
  sysctls: {
    level: 'baseline',
    spec: {
      securityContext: {
        sysctls: [
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.ipv4.tcp_rmem', value: '1' },
        ],
      },
    },
    found: 'forbidden sysctls (kernel.msgmax)',
  },
  'sysctls, before one was known': {
    level: 'baseline',
    minor: 31,
    spec: { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } },
    found: 'forbidden sysctls (net.ipv4.tcp_rmem)',
  },
  'root by number': {
    level: 'restricted',
    spec: { securityContext: { runAsUser: 0 } },
    context: { runAsUser: 0 },
    found: 'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
  },
  'processes of a Windows host': {
    level: 'baseline',
    context: { windowsOptions: { hostProcess: true } },
    found: 'hostProcess (container "a" must not set securityContext.windowsOptions.hostProcess=true)',
  },
  'init and ephemeral containers': {
    level: 'baseline',
    spec: {
      initContainers: [{ name: 'i', securityContext: { privileged: true } }],
      ephemeralContainers: [{ name: 'e', securityContext: { privileged: true } }],
    },
    found: 'privileged (containers "i", "e" must not set securityContext.privileged=true)',
  },
}

describe('pods are measured against', () => {
  test.each(Object.entries(CASES))('%s', (_name, one) => {
    expect(found(one)).toBe(one.found)
  })
})
