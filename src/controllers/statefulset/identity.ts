import type { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import type { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { Volume } from '../../api/types.generated.ts'
import { podFromTemplate } from '../pods/pod-template.ts'

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index'
const REVISION_LABEL = 'controller-revision-hash'

const MEMBER_NAME = /^(.*)-([0-9]+)$/

/** The number at the end of a member's name; -1 for pods that are no member of `set`. */
export function ordinalOf(set: StatefulSet, pod: Pod): number {
  const match = MEMBER_NAME.exec(pod.metadata.name)
  if (match === null || match[1] !== set.metadata.name) return -1
  const ordinal = Number(match[2])
  return ordinal > 2 ** 31 - 1 ? -1 : ordinal
}

export function startOf({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec.replicas ?? 1
}

/** Whether an ordinal is one of those that `set` asks for now. */
export function isWanted(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set)
}

export function revisionOf({ metadata }: Pod): string {
  return metadata.labels?.[REVISION_LABEL] ?? ''
}

export function memberName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`
}

/** The name of a member's claim for one of the set's claim templates. */
export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`
}

/** The pod with this ordinal, made from `set`'s template and marked with the name of its revision. */
export function memberPod(set: StatefulSet, ordinal: number, revision: string): Pod {
  const name = memberName(set, ordinal)
  const { metadata, spec, ...pod } = podFromTemplate(set, set.spec.template)
  const { generateName, ...rest } = metadata
  const serviceName = set.spec.serviceName ?? ''
  return {
    ...pod,
    metadata: {
      ...rest,
      name,
      ...(generateName === undefined ? {} : { generateName }),
      labels: { ...metadata.labels, ...identityLabels(name, ordinal), [REVISION_LABEL]: revision },
    },
    spec: {
      ...spec,
      hostname: name,
      ...(serviceName === '' ? {} : { subdomain: serviceName }),
      ...volumesOf(set, ordinal, spec.volumes),
    },
  }
}

function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal) }
}

/** A member's own claims come first and displace volumes of the same name. */
function volumesOf(
  set: StatefulSet,
  ordinal: number,
  volumes: readonly Volume[] = [],
): { readonly volumes?: readonly Volume[] } {
  const templates = set.spec.volumeClaimTemplates ?? []
  if (templates.length === 0) return volumes.length === 0 ? {} : { volumes }
  const claimed = templates.map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }))
  return { volumes: [...claimed, ...volumes.filter(({ name }) => !claimed.some((one) => one.name === name))] }
}

/** The pod as it must be to be a member of `set`; the same reference when it already is. */
export function withIdentity(set: StatefulSet, pod: Pod, ordinal: number): Pod {
  const name = memberName(set, ordinal)
  const hasLabels = pod.metadata.labels?.[POD_NAME_LABEL] === name
  const hasStorage = (set.spec.volumeClaimTemplates ?? []).every((template) =>
    pod.spec.volumes?.some(
      (volume) =>
        volume.name === template.metadata.name &&
        volume.persistentVolumeClaim?.claimName === claimName(set, template, ordinal),
    ),
  )
  if (hasLabels && hasStorage) return pod
  const metadata = { ...pod.metadata, labels: { ...pod.metadata.labels, ...identityLabels(name, ordinal) } }
  if (hasStorage) return { ...pod, metadata }
  return { ...pod, metadata, spec: { ...pod.spec, ...volumesOf(set, ordinal, pod.spec.volumes) } }
}

/** The claims of the member with this ordinal. */
export function claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  const { matchLabels } = set.spec.selector
  const { namespace } = set.metadata
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata.labels, ...matchLabels },
    },
  }))
}
