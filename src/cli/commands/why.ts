import type { Kind } from '../../api/kind.ts'
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
import { type Command, command } from '../command.ts'
import { connect } from '../connect.ts'
import { usage } from '../parse.ts'
import { printStructured } from '../structured.ts'

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

const why = command({
  name: 'why',
  group: 'Explain',
  summary: 'Say why a pod is, or is not, on a node: which rule refused each node, or how each score came about',
  operands: 'pod/NAME',
  examples: [
    ['A pod that stays Pending', 'dabba why pod/ledger-2 -n payments'],
    ['In another cluster, as data', 'dabba why pod/web-0 --kubeconfig ~/.kube/config -o json'],
  ],
  flags: {
    namespace: { description: 'The pod’s namespace', placeholder: 'NAMESPACE', short: 'n', default: 'default' },
    name: { description: 'Which cluster', placeholder: 'NAME', default: 'dabba' },
    kubeconfig: { description: 'A cluster by its kubeconfig instead', placeholder: 'PATH' },
    all: { description: 'Show every node, however many there are' },
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml'] },
  },
  async run({ operands, flags, out }) {
    const name = podNamed(operands)
    const client = connect(flags)
    const pod = await client.get(Pod, { namespace: flags.namespace, name })
    if (pod === undefined) {
      throw new UserError('DABBA_NOT_FOUND', {
        message: `There is no pod "${name}" in namespace "${flags.namespace}"`,
        hint: 'See `kubectl get pods -A`, and name the namespace with -n',
      })
    }
    const explanation = explain(snapshotOf(await objectsOf(client)), pod, profileFor(pod))
    if (flags.output !== undefined) out.line(printStructured(explanation, flags.output))
    else out.line(`${where(pod)}${explainText(explanation, { all: flags.all }).trimEnd()}`)
    return isPlaceable(explanation) ? 0 : 1
  },
})

export default why

function podNamed(operands: readonly string[]): string {
  const [operand, ...rest] = operands
  const match = /^(?:pods?|po)\/([^/]+)$/.exec(operand ?? '')
  if (match?.[1] === undefined || rest.length > 0) {
    throw usage(why as unknown as Command, `\`dabba why\` takes one pod/NAME, not "${operands.join(' ')}"`)
  }
  return match[1]
}

async function objectsOf(client: Client): Promise<readonly ApiObject[]> {
  const lists = await Promise.all(
    KINDS.map(async (kind) => {
      const { items } = await client.list(kind)
      // Items of a list leave out what the list says for all of them.
      return items.map((item) => ({ ...item, apiVersion: item.apiVersion ?? kind.version, kind: kind.kind }))
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

function isPlaceable({ best }: Explanation): boolean {
  return best.length > 0
}
