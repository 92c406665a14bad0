import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Node as NodeObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { NODE_COLUMNS } from './node-columns.ts'
import { defaultNode } from './node-strategy.ts'
import { nodeWarnings } from './node-warnings.ts'
import { validateNode, validateNodeUpdate } from './validate-node.ts'

export type Node = NodeObject

export const Node: Kind<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  namespaced: false,
  shortNames: ['no'],
  subresources: [
    { name: 'proxy', verbs: ['create', 'get', 'patch', 'update'], kind: 'NodeProxyOptions' },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Node'),

  default: defaultNode,
  // A new node may bring a status along; later it is the kubelet's.
  prepareForUpdate: keepStatus,
  validate: (node, old) => (old === undefined ? validateNode(node) : validateNodeUpdate(node, old)),
  validateStatus: validateNodeUpdate,
  warnings: nodeWarnings,
  columns: NODE_COLUMNS,
  selectableFields: [{ path: 'spec.unschedulable', value: ({ spec }) => String(spec.unschedulable ?? false) }],
}
