import type { Volume } from '../../../api/types.generated.ts'
import { distinct, plural, type PodCheck, quoted } from './violation.ts'

/** Rules about a pod as a whole (k8s.io/pod-security-admission policy). */

export const hostNamespaces: PodCheck = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true)
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') }
}

export const hostPathVolumes: PodCheck = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
  if (bad.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural('volume', bad)} ${quoted(bad)}` }
}

const ALLOWED_SOURCES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const

const RESTRICTED_SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
] as const

export const restrictedVolumes: PodCheck = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => ALLOWED_SOURCES.every((name) => volume[name] === undefined))
  if (bad.length === 0) return undefined
  const sourceOf = (volume: Volume): string =>
    RESTRICTED_SOURCES.find((name) => volume[name] !== undefined) ?? 'unknown'
  const types = distinct(bad.map(sourceOf))
  const names = bad.map(({ name }) => name)
  const use = bad.length === 1 ? 'uses' : 'use'
  const what = plural('restricted volume type', types)
  const detail = `${plural('volume', names)} ${quoted(names)} ${use} ${what} ${quoted(types)}`
  return { reason: 'restricted volume types', detail }
}

const SYSCTLS_1_0 = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const SYSCTLS_1_27 = [...SYSCTLS_1_0, 'net.ipv4.ip_local_reserved_ports']
const SYSCTLS_1_29 = [
  ...SYSCTLS_1_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]
const SYSCTLS_1_32 = [...SYSCTLS_1_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

export const sysctls1_0 = sysctls(SYSCTLS_1_0)
export const sysctls1_27 = sysctls(SYSCTLS_1_27)
export const sysctls1_29 = sysctls(SYSCTLS_1_29)
export const sysctls1_32 = sysctls(SYSCTLS_1_32)

function sysctls(allowed: readonly string[]): PodCheck {
  return ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name)
    const bad = names.filter((name) => !allowed.includes(name))
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
  }
}
