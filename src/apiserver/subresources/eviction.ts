import { badRequest, conflict, forbidden, StatusError, tooManyRequests } from '../../api/errors.ts'
import { withPodCondition } from '../../api/kinds/pod-spec/pod-condition.ts'
import { isPodReady, isTerminal } from '../../api/kinds/pod-spec/pod-state.ts'
import { withDisruptionAllowed } from '../../api/kinds/policy/disruption-allowed.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest, RequestOptions } from '../../api/request.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { DeleteOptions, Eviction, Pod } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext } from '../context.ts'
import { remove } from '../rest/delete.ts'
import { current } from '../rest/get.ts'
import { storagePathOf } from '../rest/meta.ts'
import { modify } from '../rest/update.ts'
import { isConflict, persistently } from './persistently.ts'

/** How many evictions a budget may have under way (k8s.io/kubernetes pkg/registry/core/pod/storage/eviction.go). */
const DISRUPTED_MAX = 2_000
/** When to ask again about a budget that its controller has not counted yet. An exhausted one gives no hint upstream. */
const RETRY_SECONDS = 10
const TOO_MANY = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'
const BUDGET = { group: 'policy', resource: 'poddisruptionbudget' }
const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as const

type Preconditions = NonNullable<RequestOptions['preconditions']>

/** POST …/pods/{name}/eviction: deletes the pod if the budgets that cover it can spare it now, else 429. */
export async function evict(request: ApiRequest, context: ServerContext): Promise<unknown> {
  const eviction = request.body as Eviction
  if (eviction.metadata.name !== request.name) {
    throw badRequest('name in URL does not match name in Eviction object')
  }
  const asked = optionsOf(request, eviction.deleteOptions ?? {})
  // A pod that was pending a moment ago may be serving now: only what was looked at may go.
  const isFree = await persistently(async () => {
    const pod = current(request, context) as Pod
    if (!mayIgnoreBudgets(pod)) return false
    const isOver = isTerminal(pod) || pod.metadata.deletionTimestamp !== undefined
    await removeMarked(request, isOver || isVersioned(asked) ? asked : pinned(asked, pod), context)
    return true
  })
  return isFree ? SUCCESS : evictWithin(request, asked, context)
}

/** Deletes a pod that budgets may protect. */
async function evictWithin(request: ApiRequest, asked: RequestOptions, context: ServerContext): Promise<unknown> {
  const pod = current(request, context) as Pod
  const budgets = budgetsOf(pod, context)
  if (budgets.length > 1) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new StatusError(500, '', why)
  }
  const [budget] = budgets
  const isSpared = budget !== undefined && isSparedUnhealthy(pod, budget)
  if (budget !== undefined && !isSpared) await grant(request, { pod, budget, asked }, context)
  try {
    await removeMarked(request, isSpared ? pinned(asked, pod) : asked, context)
  } catch (error) {
    if (budget !== undefined && isSpared && isConflict(error) && !isVersioned(asked)) throw stillProcessed(budget)
    throw error
  }
  return SUCCESS
}

function optionsOf({ options }: ApiRequest, given: DeleteOptions): RequestOptions {
  const { dryRun = [], preconditions, gracePeriodSeconds, propagationPolicy, orphanDependents } = given
  const orphaning = orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background'
  const policy = propagationPolicy ?? orphaning
  return {
    ...(options.fieldManager === undefined ? {} : { fieldManager: options.fieldManager }),
    ...(options.dryRun === true || dryRun.length > 0 ? { dryRun: true } : {}),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as 'Background' | 'Foreground' | 'Orphan' }),
    ...(preconditions === undefined ? {} : { preconditions }),
  }
}

/** Ended, not yet begun or on its way out: its eviction disturbs nobody who was not disturbed already. */
function mayIgnoreBudgets(pod: Pod): boolean {
  return isTerminal(pod) || pod.status?.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
}

function isVersioned({ preconditions }: RequestOptions): boolean {
  return preconditions?.resourceVersion !== undefined
}

function pinned(options: RequestOptions, { metadata }: Pod): RequestOptions {
  const { resourceVersion = '' } = metadata
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } }
}

function budgetsOf(pod: Pod, { store }: ServerContext): readonly PodDisruptionBudget[] {
  const { items } = store.list(storagePathOf(PodDisruptionBudget as never), pod.metadata.namespace)
  return (items as readonly unknown[] as readonly PodDisruptionBudget[]).filter(({ spec }) =>
    matcherOfSelector(spec.selector).matches(pod.metadata.labels),
  )
}

/** A pod that is not ready counts for nothing: it may go where the policy says so, or where enough others are healthy. */
function isSparedUnhealthy(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

/** Takes one disruption from the budget, for this pod. */
async function grant(
  request: ApiRequest,
  { pod, budget, asked }: { pod: Pod; budget: PodDisruptionBudget; asked: RequestOptions },
  context: ServerContext,
): Promise<void> {
  const { name } = budget.metadata
  const about = { ...request, verb: 'update', kind: PodDisruptionBudget as never, name, subresource: 'status' } as const
  const options = { fieldManager: 'kube-apiserver', ...(asked.dryRun === true ? { dryRun: true } : {}) }
  const change = (present: ApiObject): ApiObject => {
    const live = present as PodDisruptionBudget
    checkBudget(live)
    const now = printTime(context.clock.now())
    const { disruptionsAllowed = 0, disruptedPods = {} } = live.status ?? {}
    const status = {
      ...live.status,
      disruptionsAllowed: disruptionsAllowed - 1,
      disruptedPods: { ...disruptedPods, [pod.metadata.name]: now },
    }
    const conditions = disruptionsAllowed === 1 ? { conditions: withDisruptionAllowed(status, now) } : {}
    return { ...live, status: { ...status, ...conditions } } as PodDisruptionBudget
  }
  await persistently(() => modify({ ...about, options }, context, change))
}

function checkBudget(budget: PodDisruptionBudget): void {
  const { status, metadata } = budget
  const { disruptionsAllowed = 0, disruptedPods = {}, desiredHealthy = 0, currentHealthy = 0 } = status ?? {}
  const { name } = metadata
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(budget)
  if (disruptionsAllowed < 0) throw forbidden(BUDGET, name, 'pdb disruptions allowed is negative')
  if (Object.keys(disruptedPods).length > DISRUPTED_MAX) throw forbidden(BUDGET, name, TOO_MANY)
  if (disruptionsAllowed === 0) {
    throw refused(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    )
  }
}

function stillProcessed({ metadata }: PodDisruptionBudget): StatusError {
  return refused(`The disruption budget ${metadata.name} is still being processed by the server.`, RETRY_SECONDS)
}

function refused(why: string, retryAfterSeconds = 0): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  const { details, code, reason } = tooManyRequests(message, retryAfterSeconds)
  return new StatusError(code, reason, message, { ...details, causes: [{ reason: 'DisruptionBudget', message: why }] })
}

/** Says on the pod why it goes, and deletes it. */
async function removeMarked(request: ApiRequest, options: RequestOptions, context: ServerContext): Promise<void> {
  const preconditions = options.dryRun === true ? options.preconditions : await mark(request, options, context)
  const kept = preconditions === undefined ? {} : { preconditions }
  await remove({ ...request, verb: 'delete', subresource: undefined, options: { ...options, ...kept } }, context)
}

/** The preconditions of the deletion that follows: the version is the one that this write has made. */
async function mark(
  request: ApiRequest,
  { preconditions, fieldManager }: RequestOptions,
  context: ServerContext,
): Promise<Preconditions | undefined> {
  const options = fieldManager === undefined ? {} : { fieldManager }
  const now = printTime(context.clock.now())
  const change = (present: ApiObject): ApiObject => {
    const pod = present as Pod
    if (preconditions !== undefined) checkPreconditions(pod, preconditions)
    const message = 'Eviction API: evicting'
    const verdict = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message } as const
    return { ...pod, status: { ...pod.status, conditions: withPodCondition(pod, verdict, now) } } as Pod
  }
  const about = { ...request, verb: 'update', subresource: 'status', options } as const
  const marked = await persistently(() => modify(about, context, change))
  const { resourceVersion = '' } = marked.metadata
  return preconditions?.resourceVersion === undefined ? preconditions : { ...preconditions, resourceVersion }
}

function checkPreconditions({ metadata }: Pod, { uid, resourceVersion }: Preconditions): void {
  const { name, uid: ownUid = '', resourceVersion: ownVersion = '' } = metadata
  const fail = (why: string): never => {
    throw conflict({ group: '', resource: 'Pod' }, name, why)
  }
  if (uid !== undefined && uid !== ownUid) {
    fail(
      `the UID in the precondition (${uid}) does not match the UID in record (${ownUid}). The object might have been deleted and then recreated`,
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== ownVersion) {
    fail(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${ownVersion}). The object might have been modified`,
    )
  }
}
