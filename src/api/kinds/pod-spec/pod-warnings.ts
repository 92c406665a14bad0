import type { PodAffinity, PodSpec, PodTemplateSpec, Volume } from '../../types.generated.ts'
import { containerWarnings, fractionWarnings, portWarnings } from './container-warnings.ts'
import { containersWithPath } from './containers-of.ts'
import { deprecationOfNodeLabel, nodeSelectorTermWarnings } from './node-label-warnings.ts'
import {
  APPARMOR_CONTAINER_PREFIX,
  SECCOMP_CONTAINER_PREFIX,
  SECCOMP_POD_ANNOTATION,
} from './validate-pod-annotations.ts'
import { tokenPathWarnings } from './token-path-warnings.ts'

/**
 * What to tell the author of a pod or of a template (`field` is empty for a pod, or such as `spec.template`), without
 * refusing it: pkg/api/pod/warnings.go.
 */
export function* podTemplateWarnings({ metadata, spec }: PodTemplateSpec, field: string): Generator<string> {
  if (spec === undefined) return
  const prefix = field === '' ? '' : `${field}.`
  yield* annotationWarnings(metadata?.annotations ?? {}, spec, prefix)
  yield* specWarnings(spec, `${prefix}spec`)
}

/** Warnings by the spec's reference: the pods of one template earn the same ones. */
const known = new WeakMap<PodSpec, { readonly field: string; readonly warnings: readonly string[] }>()

function specWarnings(spec: PodSpec, field: string): readonly string[] {
  const entry = known.get(spec)
  if (entry?.field === field) return entry.warnings
  const warnings = [...collectSpecWarnings(spec, field)]
  known.set(spec, { field, warnings })
  return warnings
}

function* collectSpecWarnings(spec: PodSpec, field: string): Generator<string> {
  yield* schedulingWarnings(spec, field)
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    yield* volumeWarnings(volume, `${field}.volumes[${index}]`)
  }
  yield* tokenPathWarnings(spec.volumes ?? [], `${field}.volumes`)
  yield* referenceWarnings(spec, field)
  yield* fractionWarnings(spec.overhead, `${field}.overhead`)
  for (const [container, place] of containersWithPath(spec, field)) yield* containerWarnings(container, place)
  yield* portWarnings(spec, field)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    yield `${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`
  }
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  if (podAffinity !== undefined) yield* affinityWarnings(podAffinity, `${field}.affinity.podAffinity`)
  if (podAntiAffinity !== undefined) yield* affinityWarnings(podAntiAffinity, `${field}.affinity.podAntiAffinity`)
}

function* schedulingWarnings(spec: PodSpec, field: string): Generator<string> {
  for (const name of Object.keys(spec.nodeSelector ?? {})) {
    const deprecation = deprecationOfNodeLabel(name)
    if (deprecation !== undefined) yield `${field}.nodeSelector[${name}]: ${deprecation}`
  }
  const affinity = `${field}.affinity.nodeAffinity`
  const {
    requiredDuringSchedulingIgnoredDuringExecution: demanded,
    preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
  } = spec.affinity?.nodeAffinity ?? {}
  for (const [index, term] of (demanded?.nodeSelectorTerms ?? []).entries()) {
    const place = `${affinity}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`
    yield* nodeSelectorTermWarnings(term, place, { checkValues: false })
  }
  for (const [index, { preference }] of preferred.entries()) {
    const place = `${affinity}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`
    yield* nodeSelectorTermWarnings(preference, place, { checkValues: true })
  }
  for (const [index, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const place = `${field}.topologySpreadConstraints[${index}]`
    const deprecation = deprecationOfNodeLabel(topologyKey)
    if (deprecation !== undefined) yield `${place}.topologyKey: ${topologyKey} is ${deprecation}`
    if (labelSelector === undefined) yield `${place}.labelSelector: a null labelSelector results in matching no pod`
  }
}

function* affinityWarnings(affinity: PodAffinity, field: string): Generator<string> {
  const warning = 'a null labelSelector results in matching no pod'
  for (const [index, term] of (affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    if (term.labelSelector !== undefined) continue
    yield `${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${warning}`
  }
  for (const [index, term] of (affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    if (term.podAffinityTerm.labelSelector !== undefined) continue
    const place = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm`
    yield `${place}.labelSelector: ${warning}`
  }
}

const DEPRECATED_ANNOTATIONS: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
]

function* annotationWarnings(
  annotations: Readonly<Record<string, string>>,
  spec: PodSpec,
  prefix: string,
): Generator<string> {
  const place = `${prefix}metadata.annotations`
  for (const [name, warning] of DEPRECATED_ANNOTATIONS) {
    if (annotations[name] !== undefined) yield `${place}[${name}]: ${warning}`
  }
  const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'
  if (annotations[SECCOMP_POD_ANNOTATION] !== undefined && spec.securityContext?.seccompProfile === undefined) {
    yield `${place}[${SECCOMP_POD_ANNOTATION}]: ${seccomp}`
  }
  if (Object.keys(annotations).length === 0) return
  for (const [{ name, securityContext }] of containersWithPath(spec, '')) {
    const seccompName = `${SECCOMP_CONTAINER_PREFIX}${name}`
    if (annotations[seccompName] !== undefined && securityContext?.seccompProfile === undefined) {
      yield `${place}[${seccompName}]: ${seccomp}`
    }
    const appArmorName = `${APPARMOR_CONTAINER_PREFIX}${name}`
    const profile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
    if (annotations[appArmorName] !== undefined && profile === undefined) {
      yield `${place}[${appArmorName}]: deprecated since v1.30; use the "appArmorProfile" field instead`
    }
  }
}

const DEPRECATED_VOLUMES = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

function* volumeWarnings(volume: Volume, field: string): Generator<string> {
  for (const [name, printed, warning] of DEPRECATED_VOLUMES) {
    if (volume[name] !== undefined) yield `${field}.${printed}: ${warning}`
  }
  const resources = volume.ephemeral?.volumeClaimTemplate?.spec?.resources
  const place = `${field}.ephemeral.volumeClaimTemplate.spec.resources`
  yield* fractionWarnings(resources?.requests, `${place}.requests`, ['storage'])
  yield* fractionWarnings(resources?.limits, `${place}.limits`, ['storage'])
}

function* referenceWarnings({ hostAliases = [], imagePullSecrets = [] }: PodSpec, field: string): Generator<string> {
  const addresses = new Set<string>()
  for (const [index, { ip }] of hostAliases.entries()) {
    if (addresses.has(ip)) yield `${field}.hostAliases[${index}].ip: duplicate ip "${ip}"`
    addresses.add(ip)
  }
  const names = new Set<string>()
  for (const [index, { name = '' }] of imagePullSecrets.entries()) {
    if (names.has(name)) yield `${field}.imagePullSecrets[${index}].name: duplicate name "${name}"`
    names.add(name)
  }
  for (const [index, { name = '' }] of imagePullSecrets.entries()) {
    if (name === '') yield `${field}.imagePullSecrets[${index}].name: invalid empty name ""`
  }
}
