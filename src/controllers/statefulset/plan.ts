import type { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import type { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import type { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { scaledIntOrPercent } from '../../api/int-or-string.ts'
import { templateOf } from '../controllerrevision/history.ts'
import { isAvailable, isFinished, isReady } from '../pods/pod-state.ts'
import { hasRightOwners, isStaleClaim } from './claim-retention.ts'
import { claimName, isWanted, memberPod, ordinalOf, replicasOf, revisionOf, startOf, withIdentity } from './identity.ts'

/** One thing to do for a member. `repair` brings identity, storage and the owners of claims in order. */
export type Action =
  | { readonly type: 'create'; readonly pod: Pod; readonly ordinal: number }
  | { readonly type: 'delete'; readonly pod: Pod }
  | { readonly type: 'claims'; readonly pod: Pod; readonly ordinal: number }
  | { readonly type: 'repair'; readonly pod: Pod; readonly ordinal: number }

export interface Observed {
  /** Members of the set, in any order. */
  readonly pods: readonly Pod[]
  readonly current: ControllerRevision
  readonly update: ControllerRevision
  /** A claim of the set's namespace, by name. */
  readonly claim: (name: string) => PersistentVolumeClaim | undefined
  readonly nowMs: number
}

interface Member {
  readonly ordinal: number
  readonly pod: Pod
  readonly exists: boolean
}

/**
 * What to do next. One at a time in order of ordinals, each only once all before it are available; with `Parallel`
 * everything at once. Scaling goes before updating.
 */
export function plan(set: StatefulSet, observed: Observed): readonly Action[] {
  if (set.metadata.deletionTimestamp !== undefined) return []
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel'
  const members = membersOf(set, observed)
  const condemned = condemnedOf(set, observed)
  const actions: Action[] = []
  for (const member of members) {
    const step = stepFor(set, member, { isOrdered, observed })
    actions.push(...step.actions)
    if (isOrdered && step.isBlocked) return actions
  }
  for (const member of condemned) {
    if (!hasClaimOwners(set, member, observed)) actions.push({ type: 'repair', ...member })
  }
  const first = firstUnavailable(set, { members, condemned, observed })
  for (const member of condemned) {
    const isGoing = member.pod.metadata.deletionTimestamp !== undefined
    if (isOrdered && isGoing) return actions
    if (isOrdered && !isUsable(set, member, observed) && member !== first) return actions
    if (!isGoing) actions.push({ type: 'delete', pod: member.pod })
    if (isOrdered) return actions
  }
  return [...actions, ...updates(set, members, observed)]
}

/** One member for each ordinal that is asked for; those that do not exist yet as they are to be made. */
function membersOf(set: StatefulSet, observed: Observed): readonly Member[] {
  const start = startOf(set)
  const byOrdinal = new Map(observed.pods.map((pod) => [ordinalOf(set, pod), pod]))
  return Array.from({ length: replicasOf(set) }, (_, index) => {
    const ordinal = start + index
    const pod = byOrdinal.get(ordinal)
    if (pod !== undefined) return { ordinal, pod, exists: true }
    return { ordinal, pod: newMember(set, ordinal, observed), exists: false }
  })
}

function newMember(set: StatefulSet, ordinal: number, { current, update }: Observed): Pod {
  const revision = keepsCurrentRevision(set, ordinal) ? current : update
  const template = revision === update ? set.spec.template : templateOf(revision)
  return memberPod({ ...set, spec: { ...set.spec, template } }, ordinal, revision.metadata.name)
}

/** Below the partition, or among those not updated yet, a member that has to be made anew stays at its revision. */
function keepsCurrentRevision(set: StatefulSet, ordinal: number): boolean {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type !== 'RollingUpdate') return false
  const index = ordinal - startOf(set)
  return rollingUpdate === undefined
    ? index < (set.status?.currentReplicas ?? 0)
    : index < (rollingUpdate.partition ?? 0)
}

/** Pods beyond what is asked for, the highest ordinal first. */
function condemnedOf(set: StatefulSet, { pods }: Observed): readonly Member[] {
  return pods
    .map((pod) => ({ ordinal: ordinalOf(set, pod), pod, exists: true }))
    .filter(({ ordinal }) => ordinal >= 0 && !isWanted(set, ordinal))
    .toSorted((a, b) => b.ordinal - a.ordinal)
}

function stepFor(
  set: StatefulSet,
  member: Member,
  { isOrdered, observed }: { isOrdered: boolean; observed: Observed },
): { actions: readonly Action[]; isBlocked: boolean } {
  const { pod, ordinal, exists } = member
  if (!exists) {
    const isWaiting = claimsOfMember(set, member, observed).some((claim) => isStaleClaim(claim, set, pod))
    return { actions: isWaiting ? [] : [{ type: 'create', pod, ordinal }], isBlocked: true }
  }
  const isGoing = pod.metadata.deletionTimestamp !== undefined
  if (isFinished(pod)) return { actions: isGoing ? [] : [{ type: 'delete', pod }], isBlocked: true }
  const actions: Action[] = []
  if (isPending(pod) && isMissingClaims(set, member, observed)) actions.push({ type: 'claims', pod, ordinal })
  if (isOrdered && (isGoing || !isUsable(set, member, observed))) return { actions, isBlocked: true }
  const isRight = withIdentity(set, pod, ordinal) === pod && hasClaimOwners(set, member, observed)
  if (!isRight) actions.push({ type: 'repair', pod, ordinal })
  return { actions, isBlocked: false }
}

function isPending({ status }: Pod): boolean {
  return (status?.phase ?? 'Pending') === 'Pending'
}

function isMissingClaims(set: StatefulSet, { ordinal }: Member, { claim }: Observed): boolean {
  return (set.spec.volumeClaimTemplates ?? []).some(
    (template) => claim(claimName(set, template, ordinal)) === undefined,
  )
}

function claimsOfMember(set: StatefulSet, { ordinal }: Member, { claim }: Observed): readonly PersistentVolumeClaim[] {
  const names = (set.spec.volumeClaimTemplates ?? []).map((template) => claimName(set, template, ordinal))
  return names.map(claim).filter((one) => one !== undefined)
}

function hasClaimOwners(set: StatefulSet, member: Member, observed: Observed): boolean {
  return claimsOfMember(set, member, observed).every((claim) => hasRightOwners(claim, set, member.pod))
}

/** Running, ready, and for as long as is asked for. */
function isUsable(set: StatefulSet, { pod }: Member, { nowMs }: Observed): boolean {
  if (pod.status?.phase !== 'Running' || !isReady(pod)) return false
  return isAvailable(pod, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs })
}

function isUnavailable(set: StatefulSet, member: Member, observed: Observed): boolean {
  return !isUsable(set, member, observed) || member.pod.metadata.deletionTimestamp !== undefined
}

/** The unavailable pod of the lowest ordinal: the one that may go although it is not well. */
function firstUnavailable(
  set: StatefulSet,
  { members, condemned, observed }: { members: readonly Member[]; condemned: readonly Member[]; observed: Observed },
): Member | undefined {
  return [...members, ...condemned.toReversed()].find((member) => isUnavailable(set, member, observed))
}

/** Deletes members that are not at the update revision, the highest ordinal first, as many as may be down at once. */
function updates(set: StatefulSet, members: readonly Member[], observed: Observed): readonly Action[] {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type !== 'RollingUpdate') return []
  const candidates = members.slice(rollingUpdate?.partition ?? 0).toReversed()
  const allowed = maxUnavailable(set)
  if (allowed > 1) {
    const down = members.filter((member) => isUnavailable(set, member, observed)).length
    return deletions(candidates.filter((member) => isOutdated(member, observed)).slice(0, Math.max(0, allowed - down)))
  }
  for (const member of candidates) {
    if (isOutdated(member, observed)) return deletions([member])
    if (isUnavailable(set, member, observed)) return []
  }
  return []
}

function isOutdated({ pod, exists }: Member, { update }: Observed): boolean {
  return exists && revisionOf(pod) !== update.metadata.name && pod.metadata.deletionTimestamp === undefined
}

function deletions(members: readonly Member[]): readonly Action[] {
  return members.map(({ pod }) => ({ type: 'delete', pod }))
}

/** At least one: a percentage that rounds down to nothing still lets an update go on. */
function maxUnavailable(set: StatefulSet): number {
  const wanted = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  return Math.max(1, scaledIntOrPercent(wanted, replicasOf(set), { roundUp: false }))
}
