import { Pod } from '../../src/api/kinds/core/pod.ts'
import { type ApiObject, type Key, keyOf } from '../../src/api/object.ts'
import type { PodCondition, PodStatus } from '../../src/api/types.generated.ts'
import { type Client, isConflict, isNotFound } from '../../src/client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, watches } from '../../src/client/controller.ts'
import type { Informers } from '../../src/client/informers.ts'
import { type Clock, printTime } from '../../src/world/clock.ts'
import type { Kind } from '../../src/api/kind.ts'

export interface FakeKubeletOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly nodes?: readonly string[]
  /** How long after its creation a pod is ready; `undefined`: never. */
  readyAfterMs?(pod: Pod): number | undefined
  /** How a pod ends by itself, if it does. */
  exit?(pod: Pod): { readonly afterMs: number; readonly code: number } | undefined
  /** How long a pod takes to stop. */
  readonly stopMs?: number
}

/** Stands for scheduler and kubelet: binds pods, makes them ready after a while, ends them, removes deleted ones. */
export function fakeKubelet(options: FakeKubeletOptions): Controller {
  const { client, informers, clock, nodes = ['node-0', 'node-1', 'node-2'] } = options
  const pods = informers.of(Pod)
  const startedMs = new Map<string, number>()
  let turn = 0

  async function step(pod: Pod): Promise<Outcome> {
    const uid = pod.metadata.uid ?? ''
    if (pod.metadata.deletionTimestamp !== undefined) return stop(pod)
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return DONE
    if (!startedMs.has(uid)) startedMs.set(uid, clock.now())
    if (pod.spec.nodeName === undefined) {
      const nodeName = pinnedNode(pod) ?? nodes[turn++ % nodes.length] ?? 'node-0'
      const target = { apiVersion: 'v1', kind: 'Node', name: nodeName }
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name }, target }
      await client.createSubresource(Pod as unknown as Kind, keyOf(pod), 'binding', binding as ApiObject)
      return DONE
    }
    const ageMs = clock.now() - (startedMs.get(uid) ?? 0)
    const readyAfterMs = options.readyAfterMs === undefined ? 1_000 : options.readyAfterMs(pod)
    if (readyAfterMs === undefined || ageMs < readyAfterMs) {
      if (pod.status?.phase !== 'Pending') await report(pod, 'Pending', false)
      return readyAfterMs === undefined ? DONE : requeueAfter(readyAfterMs - ageMs)
    }
    const exit = options.exit?.(pod)
    if (exit !== undefined && ageMs >= readyAfterMs + exit.afterMs) {
      await report(pod, exit.code === 0 ? 'Succeeded' : 'Failed', false, exit.code)
      return DONE
    }
    if (pod.status?.phase !== 'Running') await report(pod, 'Running', true)
    return exit === undefined ? DONE : requeueAfter(readyAfterMs + exit.afterMs - ageMs)
  }

  async function stop(pod: Pod): Promise<Outcome> {
    if (pod.metadata.deletionGracePeriodSeconds !== 0 && pod.metadata.deletionGracePeriodSeconds !== undefined) {
      const deadline = `stop ${pod.metadata.uid}`
      if (!startedMs.has(deadline)) startedMs.set(deadline, clock.now())
      const leftMs = (startedMs.get(deadline) ?? 0) + (options.stopMs ?? 500) - clock.now()
      if (leftMs > 0) return requeueAfter(leftMs)
    }
    if (pod.metadata.finalizers !== undefined && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded') {
      await report(pod, 'Failed', false, 137)
    }
    await client.delete(Pod as unknown as Kind, keyOf(pod), { gracePeriodSeconds: 0 })
    return DONE
  }

  async function report(pod: Pod, phase: string, ready: boolean, exitCode?: number): Promise<void> {
    const now = printTime(clock.now())
    const status = ready ? 'True' : 'False'
    const condition = (type: string): PodCondition => ({ type, status, lastTransitionTime: now })
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready' && type !== 'ContainersReady')
    const containerStatuses = pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready,
      restartCount: 0,
      state:
        exitCode === undefined
          ? ready
            ? { running: { startedAt: now } }
            : { waiting: { reason: 'ContainerCreating' } }
          : { terminated: { exitCode, finishedAt: now, reason: exitCode === 0 ? 'Completed' : 'Error' } },
    }))
    const next: PodStatus = {
      ...pod.status,
      phase,
      startTime: pod.status?.startTime ?? now,
      conditions: [...others, condition('ContainersReady'), condition('Ready')],
      containerStatuses,
    }
    await client.updateStatus(pod, next)
  }

  return {
    name: 'fake-kubelet',
    sources: [watches(Pod as unknown as Kind)],
    workers: 16,
    async reconcile(key: Key): Promise<Outcome> {
      const pod = pods.get(key)
      if (pod === undefined) return DONE
      try {
        return await step(pod)
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return DONE
        throw error
      }
    },
  }
}

/** Daemon pods name their node in their affinity. */
function pinnedNode(pod: Pod): string | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const field = terms?.[0]?.matchFields?.find(({ key }) => key === 'metadata.name')
  return field?.values?.[0]
}
