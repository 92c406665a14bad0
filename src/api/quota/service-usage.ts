import { type Quantity, quantityOf, ZERO } from '../quantity.ts'
import type { Service } from '../types.generated.ts'
import type { QuotaEvaluator } from './quota-evaluator.ts'
import { ONE } from './usage.ts'

const COUNT = 'count/services'
const NAMES: ReadonlySet<string> = new Set([COUNT, 'services', 'services.nodeports', 'services.loadbalancers'])

/** Services and what they take outside (k8s.io/kubernetes pkg/quota/v1/evaluator/core/services.go). */
export const serviceEvaluator: QuotaEvaluator = {
  measures: (name) => NAMES.has(name),
  handles: ({ operation, subresource }) =>
    subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE'),
  matchesScope: () => false,

  usage(object) {
    const service = object as Service
    return new Map<string, Quantity>([
      [COUNT, ONE],
      ['services', ONE],
      ['services.loadbalancers', service.spec.type === 'LoadBalancer' ? ONE : ZERO],
      ['services.nodeports', quantityOf(nodePorts(service))],
    ])
  },
}

/** Ports that want a node port; they need not have it yet. */
function nodePorts({ spec }: Service): number {
  const ports = spec.ports ?? []
  if (spec.type === 'NodePort') return ports.length
  if (spec.type !== 'LoadBalancer') return 0
  if (spec.allocateLoadBalancerNodePorts !== false) return ports.length
  return ports.filter(({ nodePort }) => nodePort !== undefined && nodePort !== 0).length
}
