import type { FilterPlugin } from '../plugin.ts'
import type { HostPort } from '../pod-shape.ts'
import { unschedulable } from '../refusal.ts'

const REFUSED = unschedulable('NodePorts', "node(s) didn't have free ports for the requested pod ports")
const ALL_ADDRESSES = '0.0.0.0'

/** Lets only one pod of a node have a port of the node. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  isLocal: true,
  prepare({ shape: { hostPorts } }, { cluster }) {
    if (hostPorts.length === 0) return undefined
    return { check: (row) => (portsConflict(hostPorts, cluster.nodeAt(row).usedPorts) ? REFUSED : undefined) }
  },
}

/** The same port of the same address; the address of all addresses conflicts with each. */
export function portsConflict(wanted: readonly HostPort[], used: readonly HostPort[]): boolean {
  if (used.length === 0) return false
  return wanted.some((port) => used.some((other) => conflicts(port, other)))
}

function conflicts(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false
  return a.ip === b.ip || a.ip === ALL_ADDRESSES || b.ip === ALL_ADDRESSES
}
