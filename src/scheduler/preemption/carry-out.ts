import { Pod } from '../../api/kinds/core/pod.ts'
import { type Key, keyOf } from '../../api/object.ts'
import { type Client, isNotFound } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Clock } from '../../world/clock.ts'
import type { PodInfo } from '../pod-info.ts'
import { type Nominator, priorityOf } from '../nominator.ts'
import { withCondition, writeStatus } from '../pod-status.ts'
import { PREEMPTED_BY_SCHEDULER } from './plan-preemption.ts'
import type { Victims } from './select-victims.ts'

export interface PreemptionTools {
  readonly client: Client
  readonly clock: Clock
  readonly events: EventRecorder
  readonly nominator: Nominator
  newest(key: Key): Pod | undefined
}

/** Makes room: less important pods lose their nomination to the node, and the victims are told and deleted. */
export async function carryOut(preemptor: PodInfo, victims: Victims, tools: PreemptionTools): Promise<void> {
  const { client, newest, nominator } = tools
  for (const nominated of nominator.on(victims.node)) {
    if (priorityOf(nominated) >= priorityOf(preemptor) || nominated.uid === preemptor.uid) continue
    await writeStatus(client, nominated.pod, {
      newest,
      change: ({ status = {} }) => {
        if ((status.nominatedNodeName ?? '') === '') return status
        const { nominatedNodeName: _, ...rest } = status
        return rest
      },
    })
  }
  for (const victim of victims.pods) {
    if (victim.pod.metadata.deletionTimestamp === undefined) await preempt(preemptor, victim, { ...tools, victims })
  }
}

async function preempt(
  preemptor: PodInfo,
  { pod, uid }: PodInfo,
  { client, clock, events, newest, victims }: PreemptionTools & { victims: Victims },
): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: PREEMPTED_BY_SCHEDULER,
    message: `${preemptor.pod.spec.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
  }
  await writeStatus(client, pod, { newest, change: (current) => withCondition(current, condition, clock.now()) })
  try {
    await client.delete(Pod, keyOf(pod), { preconditions: { uid } })
  } catch (error) {
    // It went by itself; there is nobody to tell.
    if (isNotFound(error)) return
    throw error
  }
  await events.record(pod, {
    type: 'Normal',
    reason: 'Preempted',
    action: 'Preempting',
    message: `Preempted by pod ${preemptor.uid} on node ${victims.node}`,
  })
}
