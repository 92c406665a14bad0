import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import type { PodSpec, WindowsSecurityContextOptions } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { containersWithPath } from './containers-of.ts'

/** pkg/apis/core/validation/validation.go maxGMSACredentialSpecLength and its neighbours. */
const CREDENTIAL_SPEC_KIB_MAX = 64
const DOMAIN_LENGTH_MAX = 256
const USER_LENGTH_MAX = 104

/** validateWindowsSecurityContextOptions. */
export function* validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  field: string,
): Generator<Cause> {
  if (options === undefined) return
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options
  if (gmsaCredentialSpecName !== undefined) {
    const problems = validateDns1123Subdomain(gmsaCredentialSpecName)
    yield* invalidFor(`${field}.gmsaCredentialSpecName`, gmsaCredentialSpecName, problems)
  }
  if (gmsaCredentialSpec !== undefined) {
    const place = `${field}.gmsaCredentialSpec`
    if (gmsaCredentialSpec === '') {
      yield invalidValue(place, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string')
    } else if (gmsaCredentialSpec.length > CREDENTIAL_SPEC_KIB_MAX * 1024) {
      const rule = `gmsaCredentialSpec size must be under ${CREDENTIAL_SPEC_KIB_MAX} KiB`
      yield invalidValue(place, gmsaCredentialSpec, rule)
    }
  }
  if (runAsUserName !== undefined) {
    yield* invalidFor(`${field}.runAsUserName`, runAsUserName, [...userNameProblems(runAsUserName)])
  }
}

/** validateWindowsHostProcessPod: in such a pod every container is a process of the host, on the host's network. */
export function* validateHostProcess(spec: PodSpec, field: string): Generator<Cause> {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  let count = 0
  let hostProcesses = 0
  for (const [container, place] of containersWithPath(spec, field)) {
    count++
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const rule = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
      yield invalidValue(`${place}.securityContext.windowsOptions.hostProcess`, own, rule)
    }
    if (own ?? ofPod ?? false) hostProcesses++
  }
  if (hostProcesses === 0) return
  if (hostProcesses !== count) {
    const rule = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    yield invalidValue(field, '', rule)
  }
  if (spec.hostNetwork !== true) {
    const rule = 'hostNetwork must be true if pod contains any hostProcess containers'
    yield invalidValue(`${field}.hostNetwork`, false, rule)
  }
}

/** Fields with a meaning on Linux only, of the pod and of its containers. */
const LINUX_ONLY_OF_POD = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const LINUX_ONLY_OF_CONTAINER = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

/** validateLinux, validateWindows: what `spec.os` rules out. */
export function* validateForOs(spec: PodSpec, field: string): Generator<Cause> {
  if (spec.os?.name === 'linux') {
    const rule = 'windows options cannot be set for a linux pod'
    if (spec.securityContext?.windowsOptions !== undefined) {
      yield forbiddenField(`${field}.securityContext.windowsOptions`, rule)
    }
    for (const [container, place] of containersWithPath(spec, field)) {
      if (container.securityContext?.windowsOptions === undefined) continue
      yield forbiddenField(`${place}.securityContext.windowsOptions`, rule)
    }
  } else yield* validateForWindows(spec, field)
}

function* validateForWindows(spec: PodSpec, field: string): Generator<Cause> {
  const rule = 'cannot be set for a windows pod'
  for (const name of LINUX_ONLY_OF_POD) {
    if (spec.securityContext?.[name] !== undefined) yield forbiddenField(`${field}.securityContext.${name}`, rule)
  }
  for (const name of ['hostUsers', 'shareProcessNamespace'] as const) {
    if (spec[name] !== undefined) yield forbiddenField(`${field}.${name}`, rule)
  }
  for (const name of ['hostPID', 'hostIPC'] as const) {
    if (spec[name] === true) yield forbiddenField(`${field}.${name}`, rule)
  }
  for (const [container, place] of containersWithPath(spec, field)) {
    for (const name of LINUX_ONLY_OF_CONTAINER) {
      if (container.securityContext?.[name] !== undefined) {
        yield forbiddenField(`${place}.securityContext.${name}`, rule)
      }
    }
  }
}

function* userNameProblems(name: string): Generator<string> {
  const parts = name.split('\\')
  if (name === '') yield 'runAsUserName cannot be an empty string'
  // oxlint-disable-next-line no-control-regex -- control characters are what the rule is about
  else if (/[\x00-\x1f\x7f]/.test(name)) yield 'runAsUserName cannot contain control characters'
  else if (parts.length > 2) yield 'runAsUserName cannot contain more than one backslash'
  else {
    const domain = parts.length === 2 ? parts[0] : undefined
    const user = parts.at(-1) ?? ''
    if (domain !== undefined && domain.length >= DOMAIN_LENGTH_MAX) {
      yield `runAsUserName's Domain length must be under ${DOMAIN_LENGTH_MAX} characters`
    }
    if (domain !== undefined && !NETBIOS_NAME.test(domain) && !DNS_NAME.test(domain)) {
      yield "runAsUserName's Domain doesn't match the NetBios nor the DNS format"
    }
    if (user === '') yield "runAsUserName's User cannot be empty"
    else if (user.length > USER_LENGTH_MAX) {
      yield `runAsUserName's User length must not be longer than ${USER_LENGTH_MAX} characters`
    }
    if (/^[. ]+$/.test(user)) yield "runAsUserName's User cannot contain only periods or spaces"
    if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
      yield 'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]'
    }
  }
}

const NETBIOS_NAME = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const DNS_NAME = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)
