import type { Volume } from '../../api/types.generated.ts'
import type { PodInfo } from '../pod-info.ts'
import type { FilterPlugin, PluginContext } from '../plugin.ts'
import { unresolvable, unschedulable } from '../refusal.ts'
import { mountedClaims } from '../volumes/claims.ts'
import { claimNow } from '../volumes/pod-claims.ts'

const NAME = 'VolumeRestrictions'
const DISK_IN_USE = unschedulable(NAME, 'node(s) had no available disk')
const CLAIM_IN_USE = unschedulable(
  NAME,
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
)

/** Lets a disk be mounted by one pod of a node at a time, and a ReadWriteOncePod claim by one pod of the cluster. */
export const volumeRestrictions: FilterPlugin = {
  name: NAME,
  isLocal: false,
  prepare(pod, context) {
    const disks = pod.shape.volumes.filter(isExclusive)
    const exclusive = exclusiveClaims(pod, context)
    if (typeof exclusive === 'string') return { refusal: unresolvable(NAME, exclusive) }
    if (disks.length === 0 && exclusive.length === 0) return undefined
    let users = 0
    for (const claim of exclusive) users += context.cluster.claimUsers(pod.shape.namespace, claim).size
    return {
      check(row) {
        if (disks.length > 0 && disksConflict(disks, context.cluster.nodeAt(row).pods.values())) return DISK_IN_USE
        return users > 0 ? CLAIM_IN_USE : undefined
      },
      podChanged(other, _row, sign) {
        if (other.shape.namespace !== pod.shape.namespace) return
        for (const claim of other.claims) if (exclusive.includes(claim)) users += sign
      },
    }
  },
}

/** An ephemeral volume's claim is the pod's own, so nobody else has it. */
function exclusiveClaims({ shape }: PodInfo, context: PluginContext): readonly string[] | string {
  const exclusive: string[] = []
  for (const name of mountedClaims(shape.volumes)) {
    const claim = claimNow(shape.namespace, name, context)
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
    if (claim.spec.accessModes?.includes('ReadWriteOncePod') === true) exclusive.push(name)
  }
  return exclusive
}

function isExclusive({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean {
  return (gcePersistentDisk ?? awsElasticBlockStore ?? iscsi ?? rbd) !== undefined
}

function disksConflict(disks: readonly Volume[], pods: Iterable<PodInfo>): boolean {
  for (const { shape } of pods) {
    for (const other of shape.volumes) if (disks.some((disk) => sameDisk(disk, other))) return true
  }
  return false
}

/** volumerestrictions/volume_restrictions.go isVolumeConflict: read-only mounts of most kinds go together. */
export function sameDisk(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk !== undefined && b.gcePersistentDisk !== undefined) {
    const bothRead = a.gcePersistentDisk.readOnly === true && b.gcePersistentDisk.readOnly === true
    if (a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !bothRead) return true
  }
  if (a.awsElasticBlockStore !== undefined && b.awsElasticBlockStore !== undefined) {
    if (a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID) return true
  }
  if (a.iscsi !== undefined && b.iscsi !== undefined) {
    const bothRead = a.iscsi.readOnly === true && b.iscsi.readOnly === true
    if (a.iscsi.iqn === b.iscsi.iqn && !bothRead) return true
  }
  if (a.rbd === undefined || b.rbd === undefined) return false
  const bothRead = a.rbd.readOnly === true && b.rbd.readOnly === true
  const sharesMonitor = a.rbd.monitors.some((monitor) => b.rbd?.monitors.includes(monitor))
  const sameImage = (a.rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') && a.rbd.image === b.rbd.image
  return sharesMonitor && sameImage && !bothRead
}
