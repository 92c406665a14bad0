import { allTermsMatch, type AffinityTerm } from '../affinity-terms.ts'
import { defaultSpread } from '../default-spread.ts'
import type { PodInfo } from '../pod-info.ts'
import { portsConflict } from '../filters/node-ports.ts'
import { sameDisk } from '../filters/volume-restrictions.ts'
import type { PluginContext } from '../plugin.ts'
import type { Change } from './changes.ts'

function podsOf({ old, now }: Change): { old: PodInfo | undefined; now: PodInfo | undefined } {
  return { old: asPod(old), now: asPod(now) }
}

function asPod(value: Change['now']): PodInfo | undefined {
  return value !== undefined && 'uid' in value ? value : undefined
}

export function freesPorts({ shape }: PodInfo, change: Change): boolean {
  return portsConflict(shape.hostPorts, podsOf(change).old?.shape.hostPorts ?? [])
}

/** Less of something that the waiting pod wants. */
export function freesResources({ resources: wanted }: PodInfo, change: Change): boolean {
  const { old, now } = podsOf(change)
  if (old === undefined || now === undefined) return false
  const [before, after] = [old.resources, now.resources]
  if (wanted.milliCpu > 0 && after.milliCpu < before.milliCpu) return true
  if (wanted.memory > 0 && after.memory < before.memory) return true
  if (wanted.ephemeralStorage > 0 && after.ephemeralStorage < before.ephemeralStorage) return true
  return [...wanted.scalars].some(
    ([name, amount]) => amount > 0 && (after.scalars.get(name) ?? 0) < (before.scalars.get(name) ?? 0),
  )
}

export function freesVolumes({ shape, claims }: PodInfo, change: Change): boolean {
  const { old } = podsOf(change)
  if (old === undefined) return false
  if (old.shape.namespace === shape.namespace && old.claims.some((claim) => claims.includes(claim))) return true
  return old.shape.volumes.some((volume) => shape.volumes.some((other) => sameDisk(volume, other)))
}

export function hadClaims(_waiting: PodInfo, change: Change): boolean {
  return (podsOf(change).old?.claims.length ?? 0) > 0
}

export function isSpreadWith(waiting: PodInfo, change: Change, context: PluginContext): boolean {
  const { old, now } = podsOf(change)
  const other = now ?? old
  return other !== undefined && isCountedFor(waiting, other, context)
}

export function isSpreadOtherwise(waiting: PodInfo, change: Change, context: PluginContext): boolean {
  const { old, now } = podsOf(change)
  if (old === undefined || now === undefined) return false
  return isCountedFor(waiting, old, context) !== isCountedFor(waiting, now, context)
}

function isCountedFor({ shape }: PodInfo, other: PodInfo, context: PluginContext): boolean {
  if (other.shape.namespace !== shape.namespace) return false
  const own = (shape.spec.topologySpreadConstraints?.length ?? 0) > 0
  const constraints = own ? shape.hardSpread : defaultSpread(shape, 'DoNotSchedule', context)
  return constraints.some(({ matcher }) => matcher.matches(other.shape.labels))
}

export function isFriend({ shape }: PodInfo, change: Change, context: PluginContext): boolean {
  return isAbout(shape.affinity.requiredAffinity, podsOf(change).now, context)
}

export function wasFoe({ shape }: PodInfo, change: Change, context: PluginContext): boolean {
  const { old } = podsOf(change)
  if (isAbout(shape.affinity.requiredAntiAffinity, old, context)) return true
  // The one that went may itself have kept the waiting pod away.
  const labels = context.objects.namespaceLabels(shape.namespace)
  return old?.shape.affinity.requiredAntiAffinity.some((term) => allTermsMatch([term], shape, labels)) ?? false
}

export function isFriendOrNoFoeNow({ shape: { affinity } }: PodInfo, change: Change, context: PluginContext): boolean {
  const { old, now } = podsOf(change)
  const becomes = (terms: readonly AffinityTerm[]): boolean =>
    !isAbout(terms, old, context) && isAbout(terms, now, context)
  const ceases = (terms: readonly AffinityTerm[]): boolean =>
    isAbout(terms, old, context) && !isAbout(terms, now, context)
  return becomes(affinity.requiredAffinity) || ceases(affinity.requiredAntiAffinity)
}

function isAbout(terms: readonly AffinityTerm[], pod: PodInfo | undefined, { objects }: PluginContext): boolean {
  if (pod === undefined) return false
  return allTermsMatch(terms, pod.shape, objects.namespaceLabels(pod.shape.namespace))
}
