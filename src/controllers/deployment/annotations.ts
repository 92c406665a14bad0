import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { fences, type ReplicaSets, replicasOf } from './replica-sets.ts'

type Annotations = Readonly<Record<string, string>>

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'

/** What belongs to the Deployment alone, or is computed for each set. All else, such as `kubernetes.io/change-cause`, is copied. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

/** How many letters of past revisions are remembered (kubernetes pkg/controller/deployment/sync.go). */
const HISTORY_MAX = 2_000

export function revisionOf({ metadata }: ReplicaSet): number {
  return parseInteger(metadata.annotations?.[REVISION]) ?? 0
}

export function highestRevision(sets: ReplicaSets): number {
  return sets.reduce((highest, set) => Math.max(highest, revisionOf(set)), 0)
}

/** What the Deployment asked for when the set was last scaled; `undefined` when that is not known. */
export function desiredReplicas({ metadata }: ReplicaSet): number | undefined {
  return parseInteger(metadata.annotations?.[DESIRED_REPLICAS])
}

export function maxReplicas({ metadata }: ReplicaSet): number | undefined {
  return parseInteger(metadata.annotations?.[MAX_REPLICAS])
}

/** The annotations of the newest set: the Deployment's, and the revision, which only grows. The same list when right. */
export function newestAnnotations(deployment: Deployment, present: Annotations, revision: number): Annotations {
  const changed: Record<string, string> = {}
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key) && present[key] !== value) changed[key] = value
  }
  const text = present[REVISION]
  const known = text === undefined || text === '' ? 0 : parseInteger(text)
  if (known !== undefined && known < revision) {
    changed[REVISION] = String(revision)
    // The set served before under another number: it was rolled back to.
    if (text !== undefined) Object.assign(changed, historyWith(present[REVISION_HISTORY] ?? '', text))
  }
  return Object.keys(changed).length === 0 ? present : { ...present, ...changed }
}

/** Drops the oldest where the list grows too long. */
function historyWith(history: string, revision: string): Annotations {
  if (history === '') return { [REVISION_HISTORY]: revision }
  const revisions = [...history.split(','), revision]
  while (revisions.length > 1 && revisions.join(',').length > HISTORY_MAX) revisions.shift()
  return { [REVISION_HISTORY]: revisions.join(',') }
}

/** The annotations that tell a change of scale from a rollout; the same list when right. */
export function scaleAnnotations(deployment: Deployment, present: Annotations): Annotations {
  const replicas = replicasOf(deployment)
  const desired = String(replicas)
  const max = String(replicas + fences(deployment).maxSurge)
  if (present[DESIRED_REPLICAS] === desired && present[MAX_REPLICAS] === max) return present
  return { ...present, [DESIRED_REPLICAS]: desired, [MAX_REPLICAS]: max }
}

function parseInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined
}
