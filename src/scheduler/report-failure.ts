import type { Pod } from '../api/types.generated.ts'
import type { Key } from '../api/object.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import { withCondition, writeStatus } from './pod-status.ts'
import type { PluginName } from './plugin-names.ts'

/** pkg/apis/core/validation NoteLengthLimit */
const NOTE_LENGTH_MAX = 1_024

/** Why a pod has no node yet. */
export interface Failure {
  readonly reason: 'Unschedulable' | 'SchedulerError'
  readonly message: string
  /** The plugins whose minds would have to change; absent after errors. */
  readonly refusedBy?: ReadonlySet<PluginName>
  /** Where the pod is to go when there is room; empty ends a nomination; absent leaves it. */
  readonly nominate?: string
}

/** Says so in an event and in the pod's condition. */
export async function reportFailure(
  pod: Pod,
  { reason, message, nominate }: Failure,
  tools: { client: Client; events: EventRecorder; nowMs: number; newest: (key: Key) => Pod | undefined },
): Promise<void> {
  const { client, events, nowMs, newest } = tools
  await events.record(pod, {
    type: 'Warning',
    reason: 'FailedScheduling',
    action: 'Scheduling',
    message: truncated(message),
  })
  const condition = { type: 'PodScheduled', status: 'False', reason, message }
  await writeStatus(client, pod, {
    newest,
    change(current) {
      const status = withCondition(current, condition, nowMs)
      if (nominate === undefined || nominate === (status.nominatedNodeName ?? '')) return status
      const { nominatedNodeName: _, ...rest } = status
      return nominate === '' ? rest : { ...rest, nominatedNodeName: nominate }
    },
  })
}

function truncated(message: string): string {
  return message.length <= NOTE_LENGTH_MAX ? message : `${message.slice(0, NOTE_LENGTH_MAX - 4)} ...`
}
