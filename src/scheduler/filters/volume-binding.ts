import type { FilterPlugin } from '../plugin.ts'
import { unresolvable } from '../refusal.ts'
import { findVolumes } from '../volumes/find-volumes.ts'
import { isEverywhere } from '../volumes/match-volume.ts'
import { claimsOf } from '../volumes/pod-claims.ts'

const NAME = 'VolumeBinding'
const UNBOUND = unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims')

/** Lets a pod only where its volumes are, or can be made. */
export const volumeBinding: FilterPlugin = {
  name: NAME,
  isLocal: false,
  prepare({ pod, claims: names }, context) {
    if (names.length === 0) return undefined
    const claims = claimsOf(pod, context)
    if (claims === undefined) return undefined
    if (typeof claims === 'string') return { refusal: unresolvable(NAME, claims) }
    if (claims.immediate.length > 0) return { refusal: UNBOUND }
    if (
      claims.delayed.length === 0 &&
      claims.bound.every(({ volume }) => volume !== undefined && isEverywhere(volume))
    ) {
      return undefined
    }
    return {
      check(row) {
        const found = findVolumes(claims, context.cluster.nodeAt(row).node, context)
        return 'reasons' in found ? unresolvable(NAME, ...found.reasons) : undefined
      },
    }
  },
}
