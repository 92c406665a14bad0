import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Node as NodeObject } from '../../types.generated.ts'

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
}
