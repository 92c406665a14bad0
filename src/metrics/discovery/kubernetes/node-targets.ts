import type { Node } from '../../../api/kinds/core/node.ts'
import type { TargetGroup } from '../target-group.ts'
import { hostAndPort, type LabelSet, META, objectLabels, sanitized } from './cluster-view.ts'

/** The kinds of addresses by which a node is scraped, best first. */
const ADDRESS_TYPES = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname']

/** The kubelet of each node; undefined for a node without an address (prometheus: discovery/kubernetes/node.go). */
export function nodeGroup(node: Node): TargetGroup | undefined {
  const { name } = node.metadata
  const addresses = new Map<string, string>()
  for (const { type, address } of node.status?.addresses ?? []) {
    if (!addresses.has(type)) addresses.set(type, address)
  }
  const type = ADDRESS_TYPES.find((each) => addresses.has(each))
  if (type === undefined) return undefined
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0
  const target: LabelSet = { __address__: hostAndPort(addresses.get(type) ?? '', port), instance: name }
  for (const [each, address] of addresses) target[`${META}node_address_${sanitized(each)}`] = address
  return { source: `node/${name}`, targets: [target], labels: nodeLabels(node) }
}

function nodeLabels({ metadata, spec, status }: Node): LabelSet {
  const labels: LabelSet = { [`${META}node_provider_id`]: spec?.providerID ?? '', ...objectLabels('node', metadata) }
  for (const { type, status: holds } of status?.conditions ?? []) {
    labels[`${META}node_condition_${sanitized(type.toLowerCase())}`] = holds.toLowerCase()
  }
  return labels
}
