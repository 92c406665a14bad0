import { Pod } from '../api/kinds/core/pod.ts'
import { keyOf } from '../api/object.ts'
import type { Binding } from '../api/types.generated.ts'
import type { Client } from '../client/client.ts'
import { StatusError } from '../api/errors.ts'
import type { PodInfo } from './pod-info.ts'
import { SchedulingFailure } from './scheduling-failure.ts'

/** Tells the server which node a pod was given. */
export async function bindPod({ pod, uid }: PodInfo, node: string, client: Client): Promise<void> {
  const { name, namespace } = pod.metadata
  const binding: Binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, uid, ...(namespace === undefined ? {} : { namespace }) },
    target: { kind: 'Node', name: node },
  }
  try {
    await client.createSubresource(Pod, keyOf(pod), 'binding', binding)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw new SchedulingFailure(`running Bind plugin "DefaultBinder": ${error.message}`, { cause: error })
  }
}
