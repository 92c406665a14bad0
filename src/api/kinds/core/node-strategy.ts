import { changed } from '../../../base/copy-on-write.ts'
import type { Node, NodeSpec, NodeStatus } from '../../types.generated.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/v1/defaults.go SetDefaults_NodeStatus, and what conversion keeps in step. */
export function defaultNode(node: Node): Node {
  const { spec = {}, status } = unchecked(node)
  return changed(node, { spec: defaultSpec(spec), status: status && defaultStatus(status) })
}

/** `podCIDR` is the first of `podCIDRs`, and wins where they differ. */
function defaultSpec(spec: NodeSpec): NodeSpec {
  const { podCIDR = '', podCIDRs = [] } = spec
  if (podCIDR !== '' && podCIDR !== podCIDRs[0]) return { ...spec, podCIDRs: [podCIDR] }
  return changed(spec, { podCIDR: podCIDRs[0] })
}

/** Everything that a node has can be given out, unless it says otherwise. */
function defaultStatus(status: NodeStatus): NodeStatus {
  const capacity = status.capacity && canonicalResources(status.capacity)
  const allocatable = status.allocatable === undefined ? capacity : canonicalResources(status.allocatable)
  return changed(status, { capacity, allocatable })
}
