import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { ReplicationController } from '../../api/kinds/core/replication-controller.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import { CSIDriver } from '../../api/kinds/storage/csi-driver.ts'
import { CSINode } from '../../api/kinds/storage/csi-node.ts'
import { StorageClass } from '../../api/kinds/storage/storage-class.ts'
import type { ApiObject } from '../../api/object.ts'
import { UserError } from '../../base/user-error.ts'
import type { Client } from '../../client/client.ts'
import { profilesOf } from '../../scheduler/config.ts'
import { type Explanation, explain } from '../../scheduler/explain.ts'
import { explainText } from '../../scheduler/explain-text.ts'
import { profileOf } from '../../scheduler/profile.ts'
import { snapshotOf } from '../../scheduler/snapshot.ts'
import { printStructured } from '../structured.ts'
import type { WhyCall } from './why-call.ts'

/** What bears on where a pod can go. */
const KINDS = [
  Node,
  Pod,
  Namespace,
  Service,
  ReplicationController,
  ReplicaSet,
  StatefulSet,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  CSINode,
  CSIDriver,
  PodDisruptionBudget,
] as readonly unknown[] as readonly Kind[]

const EXIT_NO_NODE = 1

/** `dabba why pod/NAME`: the scheduler's judgement of every node, from what the cluster holds now. */
export async function whyPod(
  key: { namespace: string; name: string },
  { client, flags, out }: WhyCall,
): Promise<number> {
  const { pod, explanation } = await explained(client, key)
  if (flags.output !== undefined) out.line(printStructured(explanation, flags.output))
  else out.line(`${where(pod)}${explainText(explanation, { all: flags.all }).trimEnd()}`)
  return explanation.best.length > 0 ? 0 : EXIT_NO_NODE
}

async function explained(
  client: Client,
  { namespace, name }: { namespace: string; name: string },
): Promise<{ pod: Pod; explanation: Explanation }> {
  const pod = await client.get(Pod, { namespace, name })
  if (pod === undefined) throw noSuchPod(namespace, name)
  return { pod, explanation: explain(snapshotOf(await objectsOf(client)), pod, profileFor(pod)) }
}

function noSuchPod(namespace: string, name: string): UserError {
  return new UserError('DABBA_NOT_FOUND', {
    message: `There is no pod "${name}" in namespace "${namespace}"`,
    hint: 'See `kubectl get pods -A`, and name the namespace with -n',
  })
}

async function objectsOf(client: Client): Promise<readonly ApiObject[]> {
  const lists = await Promise.all(
    KINDS.map(async (kind) => {
      const { items } = await client.list(kind)
      // Items of a list leave out what the list says for all of them.
      return items.map((item) => ({ ...item, apiVersion: item.apiVersion ?? apiVersionOf(kind), kind: kind.kind }))
    }),
  )
  return lists.flat()
}

function profileFor({ spec }: Pod): ReturnType<typeof profileOf> {
  const profiles = profilesOf({})
  const settings = profiles.find(({ schedulerName }) => schedulerName === spec.schedulerName) ?? profiles[0]
  if (settings === undefined) throw new Error('there is always a default profile')
  return profileOf(settings)
}

function where({ spec }: Pod): string {
  return spec.nodeName === undefined ? '' : `It is on ${spec.nodeName}. Were it to be placed again now:\n\n`
}
