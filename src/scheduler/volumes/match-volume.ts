import { quantityValue } from '../../api/quantity-cache.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'
import { type NodeMatcher, selectorMatcher } from '../node-selector.ts'
import { storageClassOf } from './claims.ts'

/** Storage that a claim asks for, in bytes. */
export function requestedBytes({ spec }: PersistentVolumeClaim): number {
  return quantityValue(spec.resources?.requests?.['storage'] ?? '0')
}

/**
 * The smallest volume that satisfies a claim on a node, or the one that is set aside for it. `taken` are volumes that
 * other claims of the pod will get. After component-helpers storage/volume/pv_helpers.go FindMatchingVolume.
 */
export function matchVolume(
  claim: PersistentVolumeClaim,
  candidates: Iterable<PersistentVolume>,
  { node, taken }: { node: Node; taken: ReadonlySet<string> },
): PersistentVolume | undefined {
  const wantedBytes = requestedBytes(claim)
  let best: PersistentVolume | undefined
  let bestBytes = Number.POSITIVE_INFINITY
  for (const volume of candidates) {
    if (taken.has(volume.metadata.name)) continue
    const isForClaim = isBoundTo(volume, claim)
    if (volume.spec.claimRef !== undefined && !isForClaim) continue
    const bytes = quantityValue(volume.spec.capacity?.['storage'] ?? '0')
    if (bytes < wantedBytes || volume.metadata.deletionTimestamp !== undefined) continue
    if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) continue
    if (attributesClass(volume.spec) !== attributesClass(claim.spec)) continue
    const isReachable = reaches(volume, node)
    if (isForClaim) return isReachable ? volume : undefined
    if (bytes < bestBytes && isReachable && isOffered(volume, claim)) {
      best = volume
      bestBytes = bytes
    }
  }
  return best
}

export function isEverywhere({ spec }: PersistentVolume): boolean {
  return spec.nodeAffinity?.required === undefined
}

const reachMatchers = new WeakMap<object, NodeMatcher>()

/** Whether the volume's own node affinity lets the node use it. */
export function reaches({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required
  if (required === undefined) return true
  let matcher = reachMatchers.get(required)
  if (matcher === undefined) reachMatchers.set(required, (matcher = selectorMatcher(required)))
  return matcher(node)
}

function isOffered(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.status?.phase !== 'Available' || volumeClassOf(volume) !== storageClassOf(claim)) return false
  const { selector, accessModes = [] } = claim.spec
  if (selector !== undefined && !matcherOfSelector(selector).matches(volume.metadata.labels)) return false
  return accessModes.every((mode) => volume.spec.accessModes?.includes(mode) === true)
}

function isBoundTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace)
    return false
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid
}

function volumeClassOf({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? ''
}

function attributesClass({ volumeAttributesClassName }: { readonly volumeAttributesClassName?: string }): string {
  return volumeAttributesClassName ?? ''
}
