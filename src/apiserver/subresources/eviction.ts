import { badRequest, forbidden, StatusError, tooManyRequests } from '../../api/errors.ts'
import { isPodReady, isTerminal } from '../../api/kinds/pod-spec/pod-state.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { Eviction, Pod, PodCondition } from '../../api/types.generated.ts'
import type { ApiRequest } from '../../api/request.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext } from '../context.ts'
import { remove } from '../rest/delete.ts'
import { current } from '../rest/get.ts'
import { storagePathOf } from '../rest/meta.ts'
import { modify } from '../rest/update.ts'

/** How many evictions a budget may have under way (k8s.io/kubernetes pkg/registry/core/pod/storage/eviction.go). */
const DISRUPTED_MAX = 2_000
/** When to ask again about a budget that its controller has not counted yet. An exhausted one gives no hint upstream. */
const RETRY_SECONDS = 10
const TOO_MANY = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'
const BUDGET = { group: 'policy', resource: 'poddisruptionbudget' }

/** POST …/pods/{name}/eviction: deletes the pod if the budgets that cover it can spare it now, else 429. */
export async function evict(request: ApiRequest, context: ServerContext): Promise<unknown> {
  const eviction = request.body as Eviction
  if (eviction.metadata.name !== '' && eviction.metadata.name !== request.name) {
    throw badRequest('name in URL does not match name in Eviction object')
  }
  const pod = current(request, context) as Pod
  const { dryRun, preconditions, gracePeriodSeconds, propagationPolicy } = eviction.deleteOptions ?? {}
  const isDryRun = request.options.dryRun === true || (dryRun ?? []).length > 0
  const isFree = isTerminal(pod) || pod.status?.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
  const budgets = isFree ? [] : budgetsOf(pod, context)
  if (budgets.length > 1) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new StatusError(500, '', why)
  }
  const [budget] = budgets
  const needsGrant =
    budget !== undefined && (isPodReady(pod) || budget.spec.unhealthyPodEvictionPolicy !== 'AlwaysAllow')
  if (needsGrant) await grant(request, { pod, budget, isDryRun }, context)
  if (!isDryRun) await markDisrupted(request, context)
  await remove(
    {
      ...request,
      verb: 'delete',
      subresource: undefined,
      options: {
        ...(isDryRun ? { dryRun: true } : {}),
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        ...(propagationPolicy === undefined ? {} : { propagationPolicy: propagationPolicy as 'Background' }),
        ...(preconditions === undefined ? {} : { preconditions }),
      },
    },
    context,
  )
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}

function budgetsOf(pod: Pod, { store }: ServerContext): readonly PodDisruptionBudget[] {
  const { items } = store.list(storagePathOf(PodDisruptionBudget as never), pod.metadata.namespace)
  return (items as readonly unknown[] as readonly PodDisruptionBudget[]).filter(({ spec }) =>
    matcherOfSelector(spec.selector).matches(pod.metadata.labels),
  )
}

/** Takes one disruption from the budget, for this pod. */
async function grant(
  request: ApiRequest,
  { pod, budget, isDryRun }: { pod: Pod; budget: PodDisruptionBudget; isDryRun: boolean },
  context: ServerContext,
): Promise<void> {
  const { name } = budget.metadata
  const about = { ...request, verb: 'update', kind: PodDisruptionBudget as never, name, subresource: 'status' } as const
  await modify({ ...about, options: isDryRun ? { dryRun: true } : {} }, context, (present) => {
    const live = present as PodDisruptionBudget
    const { status } = live
    if ((status?.observedGeneration ?? 0) < (live.metadata.generation ?? 0)) {
      throw refused(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS)
    }
    const isSparedUnhealthy =
      !isPodReady(pod) &&
      (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) &&
      (status?.desiredHealthy ?? 0) > 0
    if (isSparedUnhealthy) return live
    const { disruptionsAllowed = 0, disruptedPods = {}, desiredHealthy = 0, currentHealthy = 0 } = status ?? {}
    if (disruptionsAllowed < 0) throw forbidden(BUDGET, name, 'pdb disruptions allowed is negative')
    if (Object.keys(disruptedPods).length > DISRUPTED_MAX) throw forbidden(BUDGET, name, TOO_MANY)
    if (disruptionsAllowed === 0) {
      throw refused(
        `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      )
    }
    return {
      ...live,
      status: {
        ...status,
        disruptionsAllowed: disruptionsAllowed - 1,
        disruptedPods: { ...disruptedPods, [pod.metadata.name]: printTime(context.clock.now()) },
      },
    } as PodDisruptionBudget
  })
}

function refused(why: string, retryAfterSeconds = 0): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  const cause = { reason: 'DisruptionBudget' as const, message: why, field: '' }
  const { details, code, reason } = tooManyRequests(message, retryAfterSeconds, [cause])
  return new StatusError(code, reason, message, { ...details, causes: [{ reason: cause.reason, message: why }] })
}

async function markDisrupted(request: ApiRequest, context: ServerContext): Promise<void> {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: printTime(context.clock.now()),
  }
  await modify({ ...request, verb: 'update', subresource: 'status', options: {} }, context, (present) => {
    const pod = present as Pod
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
    return { ...pod, status: { ...pod.status, conditions: [...others, condition] } } as Pod
  })
}
