import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue } from '../../errors.ts'
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../types.generated.ts'
import { qosClassOf } from '../pod-spec/qos.ts'
import { isSidecar } from '../pod-spec/resources.ts'
import { MIRROR_POD_ANNOTATION } from '../pod-spec/validate-pod-annotations.ts'
import { oldMetadata } from '../strategy/old-metadata.ts'
import type { ResourceList } from '../validation/resource-lists.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { validatePod } from './validate-pod.ts'

const LISTS = ['containers', 'initContainers'] as const

/** `/resize` changes the resources of containers, whatever else was sent: dropNonResizeUpdates. */
export function preparePodResize(pod: Pod, old: Pod): Pod {
  // Containers that came, went or changed places are for validation to refuse.
  if (LISTS.some((list) => !areSameContainers(pod.spec[list], old.spec[list]))) return pod
  const { initContainers = [] } = old.spec
  const spec: PodSpec = {
    ...old.spec,
    containers: old.spec.containers.map((container, index) => resized(container, pod.spec.containers[index])),
    ...(old.spec.initContainers === undefined
      ? {}
      : { initContainers: initContainers.map((one, index) => resized(one, pod.spec.initContainers?.[index])) }),
  }
  return { ...old, metadata: oldMetadata(pod.metadata, old.metadata), spec }
}

/** pkg/apis/core/validation/validation.go ValidatePodResize. */
export function* validatePodResize(pod: Pod, old: Pod): Generator<Cause> {
  const refusal = refusalOf(pod, old)
  if (refusal !== undefined) {
    yield forbiddenField('[]', refusal)
    return
  }
  yield* validatePod(pod)
  const qosClass = old.status?.qosClass ?? qosClassOf(old.spec)
  if (qosClass !== qosClassOf(pod.spec)) {
    const rule = 'Pod QOS Class may not change as a result of resizing'
    yield invalidValue('spec', pod.status?.qosClass ?? '', rule)
  }
  if (!isResizeSupported(old)) yield forbiddenField('spec', 'Pod running on node without support for resize')
  yield* validateRemovals(pod.spec, old.spec)
  const rule = 'only cpu and memory resources are mutable'
  if (!differsInComputeOnly(pod.spec.containers, old.spec.containers)) yield forbiddenField('spec', rule)
  yield* validateInitContainers(pod.spec, old.spec)
}

function refusalOf(pod: Pod, old: Pod): string | undefined {
  const isPodLevel = ({ spec: { resources } }: Pod): boolean =>
    !isEmpty(resources?.requests) || !isEmpty(resources?.limits)
  if (isPodLevel(pod) || isPodLevel(old)) return 'pods with pod-level resources cannot be resized'
  if (old.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined) return 'static pods cannot be resized'
  return old.spec.os?.name === 'windows' ? 'windows pods cannot be resized' : undefined
}

/** A kubelet that can resize reports what its containers have. */
function isResizeSupported({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined)
  return running === undefined || running.resources !== undefined
}

/** What was asked for can become more or less, but not nothing. */
function* validateRemovals(spec: PodSpec, old: PodSpec): Generator<Cause> {
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, before] of (old[list] ?? []).entries()) {
      if (list === 'initContainers' && !isSidecar(before)) continue
      const after = spec[list]?.[index]?.resources
      const field = `spec.${list}[${index}].resources`
      if (lacks(after?.requests, before.resources?.requests)) {
        yield forbiddenField(`${field}.requests`, 'resource requests cannot be removed')
      }
      if (lacks(after?.limits, before.resources?.limits)) {
        yield forbiddenField(`${field}.limits`, 'resource limits cannot be removed')
      }
    }
  }
}

function* validateInitContainers({ initContainers = [] }: PodSpec, old: PodSpec): Generator<Cause> {
  for (const [index, container] of initContainers.entries()) {
    const before = old.initContainers?.[index]
    if (before === undefined) continue
    if (isSidecar(container)) {
      if (differsInComputeOnly([container], [before])) continue
      yield forbiddenField('spec', 'only cpu and memory resources for sidecar containers are mutable')
    } else if (!semanticEqual(container, before)) {
      yield forbiddenField('spec', 'resources for non-sidecar init containers are immutable')
    }
  }
}

function differsInComputeOnly(containers: readonly Container[], old: readonly Container[]): boolean {
  return (
    containers.length === old.length &&
    containers.every((container, index) => {
      const before = old[index]
      return before !== undefined && semanticEqual(withCompute(container, before.resources), before)
    })
  )
}

/** With cpu and memory as they were. */
function withCompute(container: Container, old: ResourceRequirements = {}): Container {
  const undone = (list: ResourceList = {}, before: ResourceList = {}): ResourceList => {
    const { cpu: _cpu, memory: _memory, ...others } = list
    const { cpu, memory } = before
    return { ...others, ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) }
  }
  const { limits, requests } = container.resources ?? {}
  const resources = {
    ...container.resources,
    limits: undone(limits, old.limits),
    requests: undone(requests, old.requests),
  }
  return { ...container, resources }
}

function resized(old: Container, asked: Container | undefined): Container {
  if (asked === undefined) return old
  const { resources: _resources, resizePolicy: _policy, ...rest } = old
  return {
    ...rest,
    ...(asked.resources === undefined ? {} : { resources: asked.resources }),
    ...(asked.resizePolicy === undefined ? {} : { resizePolicy: asked.resizePolicy }),
  }
}

function areSameContainers(one: readonly Container[] = [], other: readonly Container[] = []): boolean {
  return one.length === other.length && one.every(({ name }, index) => name === other[index]?.name)
}

function lacks(list: ResourceList = {}, before: ResourceList = {}): boolean {
  return Object.keys(before).some((name) => list[name] === undefined)
}

function isEmpty(list: ResourceList | undefined): boolean {
  return list === undefined || Object.keys(list).length === 0
}
