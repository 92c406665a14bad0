import type { Node } from '../../api/types.generated.ts'

/** Says what runs a node's pods; a node that does not say it is ours when its provider is. */
export const RUNTIME_LABEL = 'dabba.dev/runtime'
export const SIMULATED = 'simulated'
const PROVIDER = 'dabba://'

export function isSimulated({ metadata, spec }: Node): boolean {
  const runtime = metadata.labels?.[RUNTIME_LABEL]
  return runtime === undefined ? (spec.providerID?.startsWith(PROVIDER) ?? false) : runtime === SIMULATED
}

/**
 * Lets a node fail, as an annotation that anybody may set and take away:
 * `unreachable`: its kubelet and the API do not hear of each other, while its containers go on;
 * `down`: the machine is off, and what ran on it starts anew when it comes back.
 */
export const FAULT_ANNOTATION = 'dabba.dev/node-fault'

export type NodeFault = 'unreachable' | 'down'

export function faultOf({ metadata }: Node): NodeFault | undefined {
  const fault = metadata.annotations?.[FAULT_ANNOTATION]
  return fault === 'unreachable' || fault === 'down' ? fault : undefined
}
