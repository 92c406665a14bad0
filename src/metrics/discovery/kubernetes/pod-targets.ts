import { controllerOf } from '../../../api/object.ts'
import type { Pod } from '../../../api/kinds/core/pod.ts'
import type { TargetGroup } from '../target-group.ts'
import { type ClusterView, hostAndPort, type LabelSet, META, NAMESPACE_LABEL, objectLabels } from './cluster-view.ts'

type Container = NonNullable<Pod['spec']>['containers'][number]
type ContainerPort = NonNullable<Container['ports']>[number]

/** A target for each port of each container (prometheus: discovery/kubernetes/pod.go). */
export function podGroup(pod: Pod, view: ClusterView): TargetGroup {
  const { namespace = '', name } = pod.metadata
  const source = `pod/${namespace}/${name}`
  const ip = pod.status?.podIP ?? ''
  const nodeName = pod.spec?.nodeName ?? ''
  if (ip === '' || (view.attach.node && view.node(nodeName) === undefined)) return { source, targets: [], labels: {} }
  const labels: LabelSet = {
    ...podLabels(pod, view),
    [NAMESPACE_LABEL]: namespace,
    ...view.nodeLabels(nodeName),
    ...view.namespaceLabels(namespace),
  }
  return { source, labels, targets: containersOf(pod).flatMap((container) => containerTargets(pod, container, ip)) }
}

export function podLabels(pod: Pod, view: ClusterView): LabelSet {
  const { status, spec, metadata } = pod
  const controller = controllerOf(pod)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
  return {
    [`${META}pod_ip`]: status?.podIP ?? '',
    [`${META}pod_ready`]: ready === undefined ? 'unknown' : ready.toLowerCase(),
    [`${META}pod_phase`]: status?.phase ?? '',
    [`${META}pod_node_name`]: spec?.nodeName ?? '',
    [`${META}pod_host_ip`]: status?.hostIP ?? '',
    [`${META}pod_uid`]: metadata.uid ?? '',
    ...objectLabels('pod', metadata),
    ...(controller !== undefined && {
      [`${META}pod_controller_kind`]: controller.kind,
      [`${META}pod_controller_name`]: controller.name,
    }),
    ...view.ownerLabels(pod),
  }
}

/** A container, and whether it runs before the others. */
export interface PodContainer {
  readonly container: Container
  readonly isInit: boolean
}

export function containersOf({ spec }: Pod): readonly PodContainer[] {
  return [
    ...(spec?.containers ?? []).map((container) => ({ container, isInit: false })),
    ...(spec?.initContainers ?? []).map((container) => ({ container, isInit: true })),
  ]
}

export function containerPortLabels({ container, isInit }: PodContainer, port: ContainerPort): LabelSet {
  return {
    [`${META}pod_container_name`]: container.name,
    [`${META}pod_container_image`]: container.image ?? '',
    [`${META}pod_container_port_name`]: port.name ?? '',
    [`${META}pod_container_port_number`]: String(port.containerPort),
    [`${META}pod_container_port_protocol`]: port.protocol ?? '',
    [`${META}pod_container_init`]: String(isInit),
  }
}

function containerTargets(pod: Pod, each: PodContainer, ip: string): LabelSet[] {
  const { container, isInit } = each
  const statuses = (isInit ? pod.status?.initContainerStatuses : pod.status?.containerStatuses) ?? []
  const id = statuses.find(({ name }) => name === container.name)?.containerID ?? ''
  const ports = container.ports ?? []
  if (ports.length === 0) {
    return [
      {
        __address__: ip,
        [`${META}pod_container_name`]: container.name,
        [`${META}pod_container_id`]: id,
        [`${META}pod_container_image`]: container.image ?? '',
        [`${META}pod_container_init`]: String(isInit),
      },
    ]
  }
  return ports.map((port) => ({
    __address__: hostAndPort(ip, port.containerPort),
    ...containerPortLabels(each, port),
    [`${META}pod_container_id`]: id,
  }))
}
