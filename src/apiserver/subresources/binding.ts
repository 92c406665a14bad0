import { badRequest, conflict, notFound, StatusError } from '../../api/errors.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Binding, Pod, PodCondition } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext, SubresourceHandler } from '../context.ts'
import { bodyOf } from '../rest/body.ts'
import { keyOfRequest, storagePathOf } from '../rest/meta.ts'

const PODS = { group: '', resource: 'pods' }
const PODS_BINDING = { group: '', resource: 'pods/binding' }
/** How often a write that lost a race is tried again. */
const RACE_TRIES = 5

/**
 * POST …/pods/{name}/binding: assigns a pod to a node, once and for all
 * (pkg/registry/core/pod/storage/storage.go BindingREST).
 */
export const bindPod: SubresourceHandler = async (request, context) => {
  const { kind, options } = request
  const binding = bodyOf(request) as Binding
  const key = keyOfRequest(request)
  if (binding.metadata.name !== '' && binding.metadata.name !== key.name) {
    throw badRequest('name in URL does not match name in Binding object')
  }
  validate(binding)
  const path = storagePathOf(kind)
  for (let tries = 1; ; tries++) {
    const stored = context.store.get(path, key) as Pod | undefined
    if (stored === undefined) throw notFound(PODS, key.name)
    const bound = assigned(stored, binding, context.clock.now())
    if (options.dryRun === true) return created()
    try {
      await context.store.update(path, bound, { expected: stored.metadata.resourceVersion })
      return created()
    } catch (error) {
      const lostRace = error instanceof StatusError && error.reason === 'Conflict'
      if (!lostRace || tries === RACE_TRIES) throw error
    }
  }
}

/** POST …/bindings names the pod in its body alone: what clients older than the subresource send. */
export async function bindNamedPod(request: ApiRequest, context: ServerContext): Promise<unknown> {
  const pods = context.scheme.byResource('', 'v1', 'pods')
  if (pods === undefined) throw notFound({ group: '', resource: 'bindings' }, '')
  const { metadata } = bodyOf(request)
  return bindPod({ ...request, kind: pods, name: metadata.name, subresource: 'binding' }, context)
}

/** pkg/apis/core/validation ValidatePodBinding. Upstream answers with a plain error, which becomes a 500. */
function validate({ target }: Binding): void {
  const causes: string[] = []
  const kind = target.kind ?? ''
  if (kind !== '' && kind !== 'Node') {
    causes.push(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "", "Node"`)
  }
  if ((target.name ?? '') === '') causes.push('target.name: Required value')
  if (causes.length === 0) return
  const message = causes.length === 1 ? (causes[0] ?? '') : `[${causes.join(', ')}]`
  throw new StatusError(500, '', message)
}

function assigned(pod: Pod, { metadata, target }: Binding, nowMs: number): Pod {
  const { name } = pod.metadata
  const uid = metadata.uid ?? ''
  if (uid !== '' && uid !== pod.metadata.uid) {
    const present = pod.metadata.uid ?? ''
    throw conflict(PODS, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${present}`)
  }
  const obstacle = whyNot(pod)
  if (obstacle !== undefined) throw conflict(PODS_BINDING, name, obstacle)
  const annotations =
    metadata.annotations === undefined ? {} : { annotations: { ...pod.metadata.annotations, ...metadata.annotations } }
  const labels = metadata.labels === undefined ? {} : { labels: { ...pod.metadata.labels, ...metadata.labels } }
  const { nominatedNodeName: _, ...status } = pod.status ?? {}
  return {
    ...pod,
    metadata: { ...pod.metadata, ...annotations, ...labels },
    spec: { ...pod.spec, nodeName: target.name ?? '' },
    status: { ...status, conditions: scheduled(pod, nowMs) },
  }
}

function whyNot({ metadata, spec }: Pod): string | undefined {
  const { name } = metadata
  if (metadata.deletionTimestamp !== undefined) return `pod ${name} is being deleted, cannot be assigned to a host`
  if ((spec.nodeName ?? '') !== '') return `pod ${name} is already assigned to node "${spec.nodeName ?? ''}"`
  if ((spec.schedulingGates?.length ?? 0) > 0) return `pod ${name} has non-empty .spec.schedulingGates`
  return undefined
}

function scheduled({ metadata: { generation }, status }: Pod, nowMs: number): readonly PodCondition[] {
  const conditions = status?.conditions ?? []
  const known = conditions.find(({ type }) => type === 'PodScheduled')
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime:
      known?.status === 'True' && known.lastTransitionTime !== undefined ? known.lastTransitionTime : printTime(nowMs),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  return known === undefined ? [...conditions, condition] : conditions.map((one) => (one === known ? condition : one))
}

function created(): unknown {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}
