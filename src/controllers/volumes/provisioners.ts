import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeSpec,
  StorageClass,
} from '../../api/types.generated.ts'
import { PROVISIONED_BY, PROVISIONER_FINALIZER } from './volume-annotations.ts'

/** Provisioners that were built in once, and the drivers that took over (k8s.io/csi-translation-lib plugins). */
const SUCCESSORS: Readonly<Record<string, string>> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com',
  'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com',
  'kubernetes.io/cinder': 'cinder.csi.openstack.org',
  'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io',
  'kubernetes.io/portworx-volume': 'pxd.portworx.com',
  'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com',
}

const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'
/** Where volumes of provisioners that are no CSI drivers lie on a node. */
const HOST_DIRECTORY = '/var/lib/dabba/volumes'
/** Access modes by which several nodes use one volume: such storage is reached over the network from everywhere. */
const SHARED_MODES: ReadonlySet<string> = new Set(['ReadWriteMany', 'ReadOnlyMany'])

/** Who is asked for a volume when a class names this provisioner. */
export function driverOf(provisioner: string): string {
  return SUCCESSORS[provisioner] ?? provisioner
}

/** The volume that a provisioner makes for a claim. `node` is where the first pod that uses it will run, if known. */
export function provisionedVolume(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: Node | undefined,
): PersistentVolume {
  const { metadata, spec } = claim
  const name = volumeNameFor(claim)
  const { mountOptions, reclaimPolicy = 'Delete', provisioner } = storageClass
  const terms = topologyTerms(claim, storageClass, node)
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [PROVISIONED_BY]: driverOf(provisioner) },
      ...(reclaimPolicy === 'Delete' ? { finalizers: [PROVISIONER_FINALIZER] } : {}),
    },
    spec: {
      accessModes: spec.accessModes ?? [],
      capacity: { storage: spec.resources?.requests?.['storage'] ?? '0' },
      claimRef,
      ...sourceOf(name, storageClass),
      ...(mountOptions === undefined ? {} : { mountOptions }),
      ...(terms.length === 0 ? {} : { nodeAffinity: { required: { nodeSelectorTerms: terms } } }),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      ...(spec.volumeAttributesClassName === undefined
        ? {}
        : { volumeAttributesClassName: spec.volumeAttributesClassName }),
      volumeMode: spec.volumeMode ?? 'Filesystem',
    },
  }
}

export function volumeNameFor({ metadata }: PersistentVolumeClaim): string {
  return `pvc-${metadata.uid ?? ''}`
}

function sourceOf(name: string, { provisioner, parameters = {} }: StorageClass): Partial<PersistentVolumeSpec> {
  const driver = driverOf(provisioner)
  // Names with a slash are those of provisioners that are no CSI drivers.
  if (driver.includes('/')) return { hostPath: { path: `${HOST_DIRECTORY}/${name}`, type: 'DirectoryOrCreate' } }
  const fsType = parameters['csi.storage.k8s.io/fstype'] ?? parameters['fsType']
  return { csi: { driver, volumeHandle: name, ...(fsType === undefined ? {} : { fsType }) } }
}

/**
 * Which nodes reach the volume: those that the class allows; else, where the first pod's node was known, that node for
 * storage on hosts and that node's zone for disks. Storage that several nodes share is reached from everywhere.
 */
function topologyTerms(
  { spec }: PersistentVolumeClaim,
  { allowedTopologies = [], provisioner }: StorageClass,
  node: Node | undefined,
): readonly NodeSelectorTerm[] {
  const labels = node?.metadata.labels ?? {}
  const allowed = allowedTopologies.map(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.map(({ key, values }): NodeSelectorRequirement => {
      const own = labels[key]
      return { key, operator: 'In', values: own !== undefined && values.includes(own) ? [own] : values }
    }),
  )
  const fitting = allowed.filter(
    (term) =>
      node === undefined ||
      term.every(({ key, values = [] }) => labels[key] !== undefined && values.includes(labels[key])),
  )
  if (allowed.length > 0) return (fitting.length > 0 ? fitting : allowed).map((term) => ({ matchExpressions: term }))
  if (node === undefined || (spec.accessModes ?? []).some((mode) => SHARED_MODES.has(mode))) return []
  const key = /local|hostpath/.test(provisioner) ? HOST : ZONE
  const value = labels[key]
  return value === undefined ? [] : [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }]
}
