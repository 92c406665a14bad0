import type { CSINode, PersistentVolumeClaim } from '../../api/types.generated.ts'
import type { PodInfo } from '../pod-info.ts'
import type { FilterPlugin, PluginContext } from '../plugin.ts'
import { unschedulable } from '../refusal.ts'
import { SchedulingFailure } from '../scheduling-failure.ts'
import { storageClassOf } from '../volumes/claims.ts'
import { claimNow, volumeNow } from '../volumes/pod-claims.ts'

const REFUSED = unschedulable('NodeVolumeLimits', 'node(s) exceed max volume count')

/** Attaches no more volumes to a node than its CSI drivers can serve there. */
export const nodeVolumeLimits: FilterPlugin = {
  name: 'NodeVolumeLimits',
  isLocal: false,
  prepare(pod, context) {
    if (pod.claims.length === 0) return undefined
    let volumes: ReadonlyMap<string, string> | undefined
    return {
      check(row) {
        const wanted = (volumes ??= volumesOf(pod, context, true))
        if (wanted.size === 0) return undefined
        const { name, pods } = context.cluster.nodeAt(row)
        const limits = limitsOf(name, context)
        if (limits.size === 0 || isFarFromFull(wanted.size, pods.values(), limits)) return undefined
        const attached = new Map<string, string>()
        for (const other of pods.values()) {
          for (const [volume, driver] of volumesOf(other, context, false)) attached.set(volume, driver)
        }
        return exceeds(wanted, attached, limits) ? REFUSED : undefined
      },
    }
  },
}

/** Each claim is one volume at most: where all claims together stay below every limit, volumes need no counting. */
function isFarFromFull(wanted: number, pods: Iterable<PodInfo>, limits: ReadonlyMap<string, number>): boolean {
  let most = wanted
  for (const { claims } of pods) most += claims.length
  for (const limit of limits.values()) if (most > limit) return false
  return true
}

function exceeds(
  wanted: ReadonlyMap<string, string>,
  attached: ReadonlyMap<string, string>,
  limits: ReadonlyMap<string, number>,
): boolean {
  const used = new Map<string, number>()
  for (const driver of attached.values()) used.set(driver, (used.get(driver) ?? 0) + 1)
  const added = new Map<string, number>()
  for (const [volume, driver] of wanted) if (!attached.has(volume)) added.set(driver, (added.get(driver) ?? 0) + 1)
  for (const [driver, count] of added) {
    const limit = limits.get(driver)
    if (limit !== undefined && (used.get(driver) ?? 0) + count > limit) return true
  }
  return false
}

const knownLimits = new WeakMap<CSINode, ReadonlyMap<string, number>>()
const UNLIMITED: ReadonlyMap<string, number> = new Map()

function limitsOf(node: string, { objects }: PluginContext): ReadonlyMap<string, number> {
  const csiNode = objects.csiNode(node)
  if (csiNode === undefined) return UNLIMITED
  const known = knownLimits.get(csiNode)
  if (known !== undefined) return known
  const limits = new Map<string, number>()
  for (const { name, allocatable } of csiNode.spec.drivers) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count)
  }
  knownLimits.set(csiNode, limits)
  return limits
}

/** The driver of each volume that the pod mounts. A volume that is not there yet counts for its class's driver. */
function volumesOf({ claims, shape }: PodInfo, context: PluginContext, isNew: boolean): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of claims) {
    const claim = claimNow(shape.namespace, name, context)
    if (claim === undefined) {
      if (!isNew) continue
      throw new SchedulingFailure(
        `looking up PVC ${shape.namespace}/${name}: persistentvolumeclaim "${name}" not found`,
      )
    }
    const volume = driverOf(claim, context)
    if (volume !== undefined) found.set(`${volume.driver}/${volume.handle}`, volume.driver)
  }
  return found
}

function driverOf(
  claim: PersistentVolumeClaim,
  context: PluginContext,
): { driver: string; handle: string } | undefined {
  const volumeName = claim.spec.volumeName ?? ''
  const volume = volumeName === '' ? undefined : volumeNow(volumeName, context)
  if (volume !== undefined) {
    const { csi } = volume.spec
    return csi === undefined ? undefined : { driver: csi.driver, handle: csi.volumeHandle }
  }
  const storageClass = context.objects.storageClass(storageClassOf(claim))
  if (storageClass === undefined) return undefined
  return { driver: storageClass.provisioner, handle: `<new>-${claim.metadata.namespace}/${claim.metadata.name}` }
}
